"""The agent for groups of the classic protocol: carries out what they decide, answers and saves, in the order in which it counts.

It shares groups and writer with :mod:`broker.coordinators.group_coordinator`, which owns them.
"""

from collections.abc import Callable
from dataclasses import replace

from broker.coordinators.group_registry import OwnedGroup
from broker.coordinators.group_writer import Done, GroupSave, GroupWriter
from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.commands import Effect, Reply, Save, SaveReason
from broker.wire.error_codes import ErrorCode


class ClassicGroupCoordinator:
    """``settle(owned)`` is called after each change of a group: it counts, sets timers and logs."""

    def __init__(
        self,
        writer: GroupWriter,
        settle: Callable[[OwnedGroup], None],
        clock_ms: Callable[[], int],
        wall_ms: Callable[[], int],
    ) -> None:
        self._writer = writer
        self._settle = settle
        self._clock_ms = clock_ms
        self._wall_ms = wall_ms

    def carry_out(self, owned: OwnedGroup, effects: list[Effect], saved: Done | None = None) -> None:
        """Do what the group wants done. ``saved`` is called with the outcome of the saves among it."""
        replies: list[Reply] = []
        for effect in effects:
            if isinstance(effect, Save):
                self._save(owned, effect, saved)
            else:
                replies.append(effect)
        self._settle(owned)
        for reply in replies:
            reply.ticket(reply.answer)

    def _save(self, owned: OwnedGroup, save: Save, saved: Done | None) -> None:
        now_ms = self._wall_ms()
        group = owned.group
        assert isinstance(group, ClassicGroup)
        if save.reason is SaveReason.EMPTY:
            owned.empty_since_ms = now_ms

        def finished(error: ErrorCode) -> None:
            owned.changes -= 1
            owned.is_stored = owned.is_stored or not error
            self.carry_out(owned, group.saved(save, error, self._clock_ms()))
            if saved is not None:
                saved(error)

        owned.changes += 1
        self._writer.enqueue(GroupSave(group.group_id, replace(save.stored, state_ms=now_ms), finished))
