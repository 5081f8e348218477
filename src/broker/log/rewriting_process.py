"""The process that compacts: reads requests, one JSON text a line, from its standard input and answers them on its standard output.

``python -m broker.log.rewriting_process ARGUMENTS``, which say where the objects are (:meth:`ObjectStore.raw_elsewhere`): so that the work, all of it CPU, competes with the broker for
nothing but what is idle otherwise. It holds no lock of the data directory, knows no catalog, and changes no file that was there before. It
ends when its input does, which is also when the broker is killed.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

import orjson

from broker.errors import StorageUnavailable
from broker.log.compaction_round import CompactionRound, Indexed, Rewritten, RoundSettings, Uncleanable
from broker.storage.catalog.base import Span
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import RawObjects
from broker.storage.objects.opening import open_raw

NICENESS: Final = 10


def encode(request: Mapping[str, Any]) -> bytes:
    """A request or an answer as a line."""
    return orjson.dumps(request) + b"\n"


def span_rows(spans: Sequence[Span]) -> list[list[int]]:
    """Spans as they go over the line."""
    return [
        [
            span.base,
            span.last,
            span.object_id,
            span.position,
            span.length,
            span.max_timestamp,
            span.running_timestamp,
            span.batch_count,
            span.flags,
        ]
        for span in spans
    ]


class Rounds:
    """Answers requests about one round after another: ``begin``, then ``index`` as often as needed, then ``rewrite``."""

    def __init__(self, objects: RawObjects) -> None:
        self._objects = objects
        self._round: CompactionRound | None = None

    def answer(self, line: bytes) -> bytes:
        """The answer to one request, refusals included."""
        request = orjson.loads(line)
        try:
            return encode(self._answer(request))
        except Uncleanable as error:
            return encode({"uncleanable": str(error)})
        except StorageUnavailable as error:
            return encode({"unavailable": str(error)})
        except MemoryError:
            return encode({"unavailable": "there is not enough memory"})

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if "begin" in request:
            self._round = None  # the keys of the last one go before those of the next come
            self._round = CompactionRound(self._objects, RoundSettings(**request["begin"]))
            return {}
        assert self._round is not None, "a round begins before it goes on"
        spans = [Span(*row) for row in request["spans"]]
        aborted = [AbortedTransaction(*row) for row in request["aborted"]]
        if "index" in request:
            indexed = self._round.index(spans, aborted)
            return {"latest": indexed.latest, "is_full": indexed.is_full}
        rewritten = self._round.rewrite(request["rewrite"], spans, aborted)
        return {
            "spans": span_rows(rewritten.spans),
            "object_end": rewritten.object_end,
            "forgotten": rewritten.forgotten,
            "bytes_read": rewritten.bytes_read,
            "records_read": rewritten.records_read,
            "records_kept": rewritten.records_kept,
        }


def indexed_of(answer: Mapping[str, Any]) -> Indexed:
    """The other end of ``index``."""
    return Indexed(**answer)


def rewritten_of(answer: Mapping[str, Any]) -> Rewritten:
    """The other end of ``rewrite``."""
    return Rewritten(**{**answer, "spans": [Span(*row) for row in answer["spans"]]})


def serve(requests: BinaryIO, answers: BinaryIO, objects: RawObjects, leave: Callable[[], None]) -> None:
    """Answer until the requests end; ``leave`` is called when they end in the middle of one, on another thread."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        for line in requests:
            lines.put(line)
        lines.put(b"")
        leave()

    threading.Thread(target=listen, name="requests", daemon=True).start()
    rounds = Rounds(objects)
    while line := lines.get():
        answers.write(rounds.answer(line))
        answers.flush()


def main(arguments: Sequence[str]) -> None:
    """Serve the broker that started this process."""
    os.nice(NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer, open_raw(arguments), lambda: os._exit(0))


if __name__ == "__main__":
    main(sys.argv[1:])
