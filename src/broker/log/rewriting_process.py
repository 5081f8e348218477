"""The process that compacts and merges: reads requests, one JSON text a line, from its standard input and answers them on its standard output.

``python -m broker.log.rewriting_process ARGUMENTS``, which say where the objects are (:meth:`ObjectStore.raw_elsewhere`): so that the work, all of it CPU, competes with the broker for
nothing but what is idle otherwise. It holds no lock of the data directory, knows no catalog, and changes no file that was there before. It
ends when its input does, which is also when the broker is killed.
"""

import os
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from queue import SimpleQueue
from typing import Any, BinaryIO, Final

import orjson

from broker.errors import ObjectUnreadable, StorageUnavailable
from broker.log.compaction_round import CompactionRound, Indexed, Rewritten, RoundSettings, Uncleanable
from broker.log.jobs.merge_round import Merged, RunToWrite, merge
from broker.storage.catalog.base import Span
from broker.storage.catalog.transactions import AbortedTransaction
from broker.storage.objects.base import RawObjects
from broker.storage.objects.footer import PartitionName
from broker.storage.objects.raw_files import RawFiles

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
        except ObjectUnreadable as error:
            return encode({"unavailable": str(error), "object": error.object_id, "is_lost": error.is_lost})
        except StorageUnavailable as error:
            return encode({"unavailable": str(error)})
        except MemoryError:
            return encode({"unavailable": "there is not enough memory"})

    def _answer(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        if "begin" in request:
            self._round = None  # the keys of the last one go before those of the next come
            begin = {**request["begin"], "name": name_of(request["begin"].get("name"))}
            self._round = CompactionRound(self._objects, RoundSettings(**begin))
            return {}
        if "merge" in request:
            return _merged_answer(
                merge(
                    self._objects,
                    request["merge"],
                    [
                        RunToWrite(pid, epoch, [Span(*row) for row in rows], name_of(name))
                        for pid, epoch, rows, name in request["runs"]
                    ],
                    {int(object_id): b64decode(text) for object_id, text in request["inline"].items()},
                )
            )
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


def name_row(name: PartitionName | None) -> list[Any] | None:
    """A partition's name as it goes over the line."""
    return None if name is None else [name.topic_id.hex(), name.topic, name.index]


def name_of(row: Sequence[Any] | None) -> PartitionName | None:
    """The other end of :func:`name_row`."""
    return None if row is None else PartitionName(bytes.fromhex(row[0]), row[1], row[2])


def begin_request(settings: RoundSettings) -> dict[str, Any]:
    """The beginning of a round as it goes over the line."""
    fields = {field.name: getattr(settings, field.name) for field in dataclass_fields(settings)}
    return {"begin": {**fields, "name": name_row(settings.name)}}


def indexed_of(answer: Mapping[str, Any]) -> Indexed:
    """The other end of ``index``."""
    return Indexed(**answer)


def rewritten_of(answer: Mapping[str, Any]) -> Rewritten:
    """The other end of ``rewrite``."""
    return Rewritten(**{**answer, "spans": [Span(*row) for row in answer["spans"]]})


def merge_request(object_id: int, runs: Sequence[RunToWrite], inline: Mapping[int, bytes]) -> dict[str, Any]:
    """A merge as it goes over the line."""
    return {
        "merge": object_id,
        "runs": [[run.pid, run.leader_epoch, span_rows(run.spans), name_row(run.name)] for run in runs],
        "inline": {str(object_id): b64encode(data).decode() for object_id, data in inline.items()},
    }


def merged_of(answer: Mapping[str, Any]) -> Merged:
    """The other end of ``merge``."""
    runs = [None if rows is None else [Span(*row) for row in rows] for rows in answer["runs"]]
    return Merged(runs, answer["object_end"], answer["bytes_read"], answer["damage"])


def _merged_answer(merged: Merged) -> dict[str, Any]:
    return {
        "runs": [None if spans is None else span_rows(spans) for spans in merged.runs],
        "object_end": merged.object_end,
        "bytes_read": merged.bytes_read,
        "damage": merged.damage,
    }


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


def _open(arguments: Sequence[str]) -> RawObjects:
    """From what :meth:`ObjectStore.raw_elsewhere` said. What a remote store needs is loaded for one only."""
    if arguments[0] == "remote":
        from broker.storage.objects.opening import open_raw

        return open_raw(arguments)
    return RawFiles.elsewhere(arguments)


def main(arguments: Sequence[str]) -> None:
    """Serve the broker that started this process. In a process group of its own, because Ctrl-C in a terminal is meant for the broker; in the broker's session,
    because sessions may be given equal shares whatever the priorities in them are."""
    os.setpgid(0, 0)
    os.nice(NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer, _open(arguments), lambda: os._exit(0))


if __name__ == "__main__":
    main(sys.argv[1:])
