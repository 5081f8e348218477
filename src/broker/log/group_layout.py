"""How the batches of one group commit lie in the store: partition by partition, each partition's in the order they came."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from broker.storage.catalog.base import BatchEntry
from broker.storage.objects.base import Buffer, TocEntry


class Placeable(Protocol):
    """A batch bound for the log."""

    @property
    def pid(self) -> int: ...

    @property
    def buffer(self) -> Buffer: ...

    @property
    def entry(self) -> BatchEntry: ...


P = TypeVar("P", bound=Placeable)


@dataclass(slots=True)
class Layout:
    """``parts`` back to back are the group's bytes; ``toc`` counts from their start."""

    parts: list[Buffer]
    toc: list[TocEntry]
    length: int


def by_partition(group: Sequence[P]) -> list[list[P]]:
    """The group's batches by partition; partitions in order of first appearance, order within a partition kept."""
    if len(group) == 1:
        return [[group[0]]]
    partitions: dict[int, list[P]] = {}
    for queued in group:
        of_pid = partitions.get(queued.pid)
        if of_pid is None:
            partitions[queued.pid] = [queued]
        else:
            of_pid.append(queued)
    return list(partitions.values())


def lay_out(partitions: Sequence[Sequence[P]]) -> Layout:
    """Where each partition's bytes go."""
    parts: list[Buffer] = []
    toc: list[TocEntry] = []
    at = 0
    for of_pid in partitions:
        start = at
        for queued in of_pid:
            parts.append(queued.buffer)
            at += len(queued.buffer)
        toc.append(TocEntry(of_pid[0].pid, start, at - start))
    return Layout(parts, toc, at)
