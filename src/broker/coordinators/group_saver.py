"""Brings what has changed in groups that are led by epochs into the catalog, and tells who waits for that.

Of each group one save is queued and one on its way, at most: what changes before its turn comes is saved together.

V1  ``then`` is called once, after everything the group had decided until then is stored or refused; at once when it is
    stored already.
V2  When the catalog takes nothing the group knows it, and what is to be done about that has begun, before anybody is
    told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from broker.coordinators.group_registry import OwnedGroup
from broker.coordinators.group_writer import Change, Done, GroupWriter
from broker.coordinators.groups.epoch_group import EpochGroup, Unsaved
from broker.wire.error_codes import ErrorCode

AnyGroup = TypeVar("AnyGroup", bound=EpochGroup[Any])
Stored = TypeVar("Stored")

Take = Callable[[], tuple[Stored, Sequence[str]]]
"""What is to be stored, and the ids of members that are gone."""


@dataclass(slots=True)
class _Save:
    """One save, and who waits for it."""

    waiting: list[Done] = field(default_factory=list)
    joining: set[str] = field(default_factory=set)
    unsaved: Unsaved[Any] | None = None
    upgrades: bool = False


class GroupSaver(Generic[AnyGroup, Stored]):
    """``change`` makes what the writer is given, ``to_store`` the form that is stored. ``settle(owned)`` is called after
    each change of a group; ``refused(owned, group, group_epoch, upgrades)`` when the catalog took nothing, with the
    epoch before members that were turned away had gone."""

    def __init__(
        self,
        writer: GroupWriter,
        change: Callable[[str, Take[Stored], Done], Change],
        to_store: Callable[[str, Unsaved[Any], int], Stored],
        settle: Callable[[OwnedGroup], None],
        wall_ms: Callable[[], int],
        refused: Callable[[OwnedGroup, AnyGroup, int, bool], None] | None = None,
    ) -> None:
        self._writer = writer
        self._change = change
        self._to_store = to_store
        self._settle = settle
        self._wall_ms = wall_ms
        self._refused = refused
        self._queued: dict[AnyGroup, _Save] = {}
        self._flying: dict[AnyGroup, _Save] = {}

    def store(
        self,
        owned: OwnedGroup,
        group: AnyGroup,
        then: Done | None,
        *,
        joining: str | None = None,
        upgrades: bool = False,
    ) -> None:
        """Have what has changed stored, and call ``then``. ``joining`` has not joined if the catalog takes nothing;
        ``upgrades``: the save makes another group one of this protocol."""
        save = self._flying.get(group)
        if group.is_unsaved:
            save = self._queued.get(group)
            if save is None:
                save = self._queued[group] = _Save()
                owned.changes += 1
                self._writer.enqueue(
                    self._change(
                        group.group_id, lambda: self._take(group), lambda error: self._saved(owned, group, error)
                    )
                )
            save.upgrades = save.upgrades or upgrades
            if joining is not None:
                save.joining.add(joining)
            if not group.members:
                owned.empty_since_ms = self._wall_ms()
        self._settle(owned)
        if then is None:
            return
        if save is None:
            then(ErrorCode.NONE)
        else:
            save.waiting.append(then)

    def _take(self, group: AnyGroup) -> tuple[Stored, list[str]]:
        save = self._flying[group] = self._queued.pop(group)
        save.unsaved = group.take_unsaved()
        return self._to_store(group.group_id, save.unsaved, self._wall_ms()), sorted(save.unsaved.removed)

    def _saved(self, owned: OwnedGroup, group: AnyGroup, error: ErrorCode) -> None:
        owned.changes -= 1
        save = self._flying.pop(group)
        if error:
            assert save.unsaved is not None
            epoch = group.group_epoch
            group.not_saved(save.unsaved, save.joining)
            if self._refused is not None:
                self._refused(owned, group, epoch, save.upgrades)
        else:
            owned.is_stored = True
        self._settle(owned)
        for then in save.waiting:
            then(error)
