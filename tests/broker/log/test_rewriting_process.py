"""The process that compacts, spoken to as the broker does: without a process, and as one."""

import io
import subprocess
import sys
import threading
from pathlib import Path

import orjson
import psutil
import pytest

from broker.log.compaction_round import Indexed, Rewritten
from broker.log.rewriting_process import NICENESS, Rounds, encode, indexed_of, rewritten_of, serve, span_rows
from broker.storage.catalog.base import Span
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.log.test_compaction_round import World

BEGIN = {
    "start": 0,
    "log_start": 0,
    "leader_epoch": 0,
    "now_ms": 1,
    "delete_retention_ms": 1,
    "keys": 10,
    "bytes_per_second": 1e308,
}


async def test_a_round_by_requests() -> None:
    """Begin, index, rewrite: answers come back as what a round gives on a thread."""
    world = World()
    for value in (b"1", b"2"):
        await world.add([(b"a", value)])
    rounds = Rounds(world.store.raw())
    part = {"spans": span_rows(world.spans), "aborted": [[1, 2, 3]]}
    assert orjson.loads(rounds.answer(encode({"begin": BEGIN}))) == {}
    assert indexed_of(orjson.loads(rounds.answer(encode({"index": True, **part})))) == Indexed(1, False)
    answer = rewritten_of(orjson.loads(rounds.answer(encode({"rewrite": WHOLE_OBJECTS + 1, **part}))))

    assert isinstance(answer, Rewritten)
    assert (answer.records_read, answer.records_kept) == (2, 1)
    assert [(span.base, span.last) for span in answer.spans] == [(0, 1)]


async def test_refusals_are_answers() -> None:
    """What went wrong is said in the kind that the broker acts by, and the next round begins anew."""
    world = World()
    span = await world.add([(b"a", b"1")])
    rounds = Rounds(world.store.raw())
    rounds.answer(encode({"begin": BEGIN}))
    world.store._objects[span.object_id][span.position + 65] ^= 1
    index = encode({"index": True, "spans": span_rows([span]), "aborted": []})
    assert "CRC" in orjson.loads(rounds.answer(index))["uncleanable"]
    world.store._objects.clear()
    answer = orjson.loads(rounds.answer(index))
    assert "missing" in answer["unavailable"]
    assert (answer["object"], answer["is_lost"]) == (span.object_id, True)
    assert orjson.loads(rounds.answer(encode({"begin": BEGIN}))) == {}


def test_it_ends_with_its_input() -> None:
    """Requests that are there are answered; whoever is in the middle of one leaves at once."""
    left = threading.Event()
    answers = io.BytesIO()
    serve(io.BytesIO(encode({"begin": BEGIN}) * 2), answers, World().store.raw(), left.set)
    assert answers.getvalue() == b"{}\n{}\n"
    assert left.wait(5)


def test_as_a_process(tmp_path: Path) -> None:
    """It yields to everything else, and is gone when the broker is."""
    command = [sys.executable, "-P", "-m", "broker.log.rewriting_process", str(tmp_path), "00" * 16, "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(encode({"begin": BEGIN}))
        process.stdin.flush()
        assert process.stdout.readline() == b"{}\n"
        assert psutil.Process(process.pid).nice() == NICENESS
        missing = Span(0, 0, 1, 0, 10, 0, 0, 1)
        process.stdin.write(encode({"index": True, "spans": span_rows([missing]), "aborted": []}))
        process.stdin.flush()
        assert "cannot read object 1" in orjson.loads(process.stdout.readline())["unavailable"]
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.mark.parametrize("module", ["anyio", "uvloop", "prometheus_client", "sqlite3", "pydantic"])
def test_it_loads_little(module: str) -> None:
    """Starting is quick, and memory is for keys: nothing of the broker's event loop, metrics or catalog comes along."""
    code = f"import sys, broker.log.rewriting_process; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
