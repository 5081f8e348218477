"""What a share group makes of batches that were read: their offsets, and which of the bytes go to the member. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from broker.coordinators.shares.share_partition import FetchedBatch
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import Buffer
from broker.wire.records.batch import parse_header


class Placed(NamedTuple):
    """A batch and where it lies: ``size`` bytes at ``at`` of that ``buffer``."""

    batch: FetchedBatch
    buffer: int
    at: int
    size: int


def place(records: Sequence[Buffer], aborted: Sequence[AbortedTransaction]) -> list[Placed]:
    """The batches of ``records`` in order. Those of a transaction in ``aborted`` are marked; markers never are."""
    placed: list[Placed] = []
    for index, buffer in enumerate(records):
        at, end = 0, len(buffer)
        while at < end:
            header = parse_header(buffer, at)
            base = header.base_offset
            is_aborted = (
                bool(aborted)
                and header.is_transactional
                and not header.is_control
                and any(each.producer_id == header.producer_id and each.first_offset <= base <= each.last_offset for each in aborted)
            )
            placed.append(Placed(FetchedBatch(base, header.last_offset, is_aborted), index, at, header.size))
            at += header.size
    return placed


def slices(records: Sequence[Buffer], placed: Sequence[Placed], first: int, last: int) -> tuple[list[Buffer], int]:
    """The whole batches that hold any of the offsets ``first`` to ``last``, not copied, and their size."""
    wanted = [each for each in placed if each.batch.last >= first and each.batch.first <= last]
    chosen: list[Buffer] = []
    size = 0
    position = 0
    while position < len(wanted):
        start = wanted[position]
        end = start.at
        while position < len(wanted) and wanted[position].buffer == start.buffer:
            end = wanted[position].at + wanted[position].size
            position += 1
        buffer = records[start.buffer]
        chosen.append(buffer if start.at == 0 and end == len(buffer) else memoryview(buffer)[start.at : end])
        size += end - start.at
    return chosen, size
