"""``penstock produce``."""

import json
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from broker.cli.produce import _Delivery, _interrupted
from tests.broker.cli.conftest import DEADLINE_S, Run, run_command
from tests.support.penstock import Penstock


def test_lines_with_keys_headers_and_time(penstock: Run) -> None:
    """Every part of a record can be given."""
    penstock("topics", "create", "parts", "-p", "2", "-c", "retention.ms=-1")  # the records are years old
    sent = penstock(
        "produce", "parts", "-K", ":", "-H", "source=test", "-p", "1", "--timestamp", "1700000000000", "--empty-is-null",
        stdin=b"a:one\nb:\n",
    )  # fmt: skip
    assert (sent.code, sent.out) == (0, ""), sent.err
    lines = penstock("consume", "parts", "--from-beginning", "-e", "--json").out.splitlines()
    first, second = map(json.loads, lines)

    assert (first["key"], first["value"], first["partition"], first["timestamp"]) == ("a", "one", 1, 1700000000000)
    assert first["headers"] == [{"name": "source", "value": "test"}]
    assert (second["key"], second["value"]) == ("b", None)


def test_what_consume_prints_as_json_can_be_produced_again(penstock: Run) -> None:
    """Also bytes that are no text."""
    for topic in ("json-a", "json-b"):
        penstock("topics", "create", topic)
    penstock("produce", "json-a", "-f", "file", "-k", "k", stdin=b"\xff\xfe\x00")
    printed = penstock("consume", "json-a", "--from-beginning", "-e", "--json")
    assert penstock("produce", "json-b", "-f", "json", stdin=printed.raw).code == 0

    assert penstock("consume", "json-b", "--from-beginning", "-e", "-f", "%k=%s").raw == b"k=\xff\xfe\x00"


def test_wrong_input_names_the_line(penstock: Run) -> None:
    """And the exit code is not 0."""
    penstock("topics", "create", "wrong")
    for arguments, stdin, words in (
        (("-f", "json"), b'{"value": "a"}\n{"value": 5}\n', "line 2"),
        (("-K", ":"), b"a:b\nno key\n", "line 2"),
    ):
        result = penstock("produce", "wrong", *arguments, stdin=stdin)
        assert result.code == 1
        assert words in result.err
        assert "1 records before it were acknowledged" in result.err
    assert penstock("consume", "wrong", "--from-beginning", "-e").raw == b"a\nb\n"
    assert penstock("produce", "wrong", "/nowhere/file").code == 2
    assert penstock("produce", "wrong", "--acks", "7", stdin=b"a\n").code == 2


def test_refused_records_are_counted(penstock: Run) -> None:
    """A record above max.message.bytes is refused by the broker, and said."""
    penstock("topics", "create", "small", "-c", "max.message.bytes=100")
    result = penstock("produce", "small", stdin=b"x" * 500 + b"\n")

    assert result.code == 1
    assert "1 of 1 records were refused" in result.err


def test_a_refusal_says_what_to_do(penstock: Run) -> None:
    """A partition that is not there, and a record without a key for a compacted topic."""
    penstock("topics", "create", "hints", "-c", "cleanup.policy=compact")
    no_partition = penstock("produce", "hints", "-k", "a", "-p", "7", stdin=b"a\n")
    no_key = penstock("produce", "hints", stdin=b"a\n")

    assert (no_partition.code, no_key.code) == (1, 1)
    assert "1 of 1 records were refused" in no_partition.err
    assert "fewer partitions" in no_partition.err
    assert "--key" in no_key.err


def test_without_acknowledgement_none_is_claimed(penstock: Run) -> None:
    """acks=0 asks for no answer, so the words are others."""
    penstock("topics", "create", "zero")
    assert "1 records sent, not acknowledged" in penstock("produce", "zero", "--acks", "0", stdin=b"a\n").err


def test_a_missing_topic_is_said_at_once(tmp_path: Path) -> None:
    """The client would wait half a minute for somebody to create it; this broker does not."""
    settings = tmp_path / "server.properties"
    settings.write_text("auto.create.topics.enable=false\n")
    with Penstock(tmp_path / "data", "--properties", str(settings)) as broker:
        began = time.monotonic()
        result = run_command("produce", "missing", bootstrap=broker.bootstrap, stdin=b"a\n")
        assert time.monotonic() - began < 15
        assert result.code == 1
        assert "penstock topics create missing" in result.err

        run_command("topics", "create", "missing", bootstrap=broker.bootstrap)
        assert run_command("produce", "missing", bootstrap=broker.bootstrap, stdin=b"a\n").code == 0


def test_a_broker_that_creates_topics_still_does(penstock: Run) -> None:
    """By the question whether the topic is there."""
    assert penstock("produce", "made-by-producing", stdin=b"a\n").code == 0
    assert penstock("consume", "made-by-producing", "--from-beginning", "-e").raw == b"a\n"


def test_a_name_that_no_topic_can_have(penstock: Run) -> None:
    """Refused with the name, before anything is read."""
    result = penstock("produce", "no topic!", stdin=b"a\n")

    assert result.code == 1
    assert "cannot send to topic 'no topic!'" in result.err


def test_interrupted_it_says_what_was_acknowledged(penstock: Run, command_broker: Penstock) -> None:
    """Ctrl-C loses nothing of what was read; exit code 130."""
    penstock("topics", "create", "interrupted")
    command = [sys.executable, "-P", "-m", "broker", "produce", "interrupted", "-b", command_broker.bootstrap]
    # Whoever runs the tests in the background ignores SIGINT, and so would the command.
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heeds) as producing:
        assert producing.stdin is not None
        assert producing.stderr is not None
        producing.stdin.write(b"a\nb\n")
        producing.stdin.flush()
        arrived = penstock("consume", "interrupted", "--from-beginning", "-n", "2")
        producing.send_signal(signal.SIGINT)
        said = producing.stderr.read().decode()
        assert producing.wait(DEADLINE_S) == 130

    assert arrived.raw == b"a\nb\n"
    assert "interrupted: 2 of 2 records were acknowledged\n" in said
    assert "Traceback" not in said


def test_interrupted_it_claims_nothing_about_what_had_no_answer() -> None:
    """Such records may have arrived; whoever sends them again may send them twice."""
    delivery = _Delivery()
    delivery.sent, delivery.acknowledged, delivery.failed = 10, 6, 1

    assert _interrupted(delivery, "all") == (
        "interrupted: 6 of 10 records were acknowledged; of 3 it is not known whether they arrived"
    )
