"""Rule: whether an object agrees with the catalog (I1, I2, I4), and its spans with what the object says lies in it. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from broker.storage.catalog.base import Span
from broker.storage.catalog.span_flags import FLAG_FINAL_OFFSETS
from broker.storage.checking.dump import ObjectRow
from broker.storage.checking.log_rules import Finding
from broker.storage.checking.object_contents import Contents, pieces_of
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS


def object_name(object_id: int) -> str:
    """How an object is named in findings."""
    return f"object {object_id:016x}"


def is_inline(object_id: int) -> bool:
    """Whether the catalog keeps the bytes of objects with such ids itself."""
    return INLINE_OBJECTS <= object_id < WHOLE_OBJECTS


def row_findings(row: ObjectRow, spans: int, names_end: int) -> Iterator[Finding]:
    """An object's row beside the ``spans`` rows that name it, the last byte of which is ``names_end``."""
    where = object_name(row.object_id)
    if row.live != spans:
        yield Finding(where, "I4", f"{spans} spans name it, its row says {row.live}")
    if spans and (row.is_going or row.never):
        yield Finding(
            where,
            "I4",
            f"{spans} spans name it, and it is {'to be deleted' if row.is_going else 'never to be committed'}",
        )
    if names_end > row.end:
        yield Finding(where, "I2", f"spans reach to byte {names_end}, its data ends at {row.end}")
    if spans and is_inline(row.object_id):
        if row.inline_bytes is None:
            yield Finding(where, "I2", "the catalog does not have the bytes it should keep")
        elif row.inline_bytes < names_end:
            yield Finding(where, "I2", f"the catalog keeps {row.inline_bytes} bytes of it, spans reach to {names_end}")


class ObjectCheck:
    """Spans beside what their object says of itself."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._pieces: dict[int, list[tuple[int, int]]] = {}
        for pid, position, end in pieces_of(contents):
            self._pieces.setdefault(pid, []).append((position, end))
        self._entries = {(entry.pid, entry.position): entry for entry in contents.entries}

    def size_findings(self, row: ObjectRow) -> Iterator[Finding]:
        """Its size beside the catalog's."""
        if self._contents.end < row.end:
            yield Finding(
                object_name(row.object_id),
                "I2",
                f"its data ends at byte {self._contents.end}, the catalog says {row.end}",
            )

    def span_findings(self, spans: Sequence[tuple[int, Span]]) -> Iterator[Finding]:
        """Spans that name the object."""
        where = object_name(self._contents.object_id)
        if not self._contents.is_told:
            return
        for pid, span in spans:
            what = f"log {pid}, offsets {span.base} to {span.last}"
            if span.length and not self._holds(pid, span):
                yield Finding(
                    where, "I2", f"{what}: bytes {span.position} to {span.position + span.length} are not that log's"
                )
                continue
            if bool(span.flags & FLAG_FINAL_OFFSETS) != self._contents.is_whole:
                yield Finding(
                    where,
                    "I2",
                    f"{what}: offsets in the bytes are {'not ' if not self._contents.is_whole else ''}final",
                )
            entry = self._entries.get((pid, span.position))
            if entry is not None and entry.base >= 0 and (entry.base, entry.last) != (span.base, span.last):
                yield Finding(where, "I3", f"{what}: the object says {entry.base} to {entry.last}")

    def _holds(self, pid: int, span: Span) -> bool:
        pieces = self._pieces.get(pid, [])
        at = bisect_right(pieces, (span.position, 1 << 63)) - 1
        return at >= 0 and span.position + span.length <= pieces[at][1]
