"""The audit log of a whole cluster: brokers write to one topic, each its own chain, which holds whatever becomes of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.cli.plain_client import Address, ask
from broker.storage.audit_file import files_of
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from tests.broker.cli.conftest import Result, run_command
from tests.broker.test_app_audit import verify
from tests.support.cluster import Cluster, ClusterBroker
from tests.support.s3 import Faults
from tests.support.waiting import wait_until

CREATE_TOPICS = 19
SETTINGS = {"PENSTOCK_AUDIT": "on", "PENSTOCK_AUDIT_SINKS": "file,topic", "PENSTOCK_GROUP_INITIAL_REBALANCE_DELAY_MS": "0"}
TOPIC_ALONE = {"PENSTOCK_AUDIT_SINKS": "topic"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Of three brokers, the third of which keeps no files of its audit log."""
    with Cluster(tmp_path_factory.mktemp("audited"), own_ids=True, env=SETTINGS, own_env=({}, {}, TOPIC_ALONE)) as running:
        yield running


def create(broker: ClusterBroker, name: str) -> str:
    """Ask this very broker for a topic; the error's name."""
    host, _, port = broker.bootstrap.rpartition(":")
    topic = CreateTopicsRequestCreatableTopic(name=name, num_partitions=1, replication_factor=-1)
    answer = ask(Address(host, int(port)), CREATE_TOPICS, 7, CreateTopicsRequest(topics=[topic], timeout_ms=30_000))
    return ErrorCode(answer.topics[0].error_code).name


def written(broker: ClusterBroker) -> bytes:
    """All lines of its files."""
    (log,) = (broker.data_dir / "audit").iterdir()
    return b"".join(path.read_bytes() for path in files_of(log))


def held(broker: ClusterBroker) -> bytes:
    """All lines of the topic, as the command line reads them."""
    read: Result = run_command("consume", "__penstock_audit", "--from-beginning", "--exit-at-end", bootstrap=broker.bootstrap)
    assert read.code == 0, read.err
    return read.raw


def events(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def changes(lines: bytes) -> dict[str, int]:
    """Which topics were made, and through which broker."""
    made = [event for event in events(lines) if event["kind"] == "admin"]
    return {event["details"]["resource"].removeprefix("topic:"): event["broker"] for event in made}


def until_held(broker: ClusterBroker, **made: int) -> bytes:
    """The topic's lines once these changes are among them."""
    return wait_until(lambda lines: made.items() <= changes(lines).items(), lambda: held(broker), deadline_s=20)


def verified(lines: bytes) -> list[dict[str, Any]]:
    """The chains; every one holds."""
    done = verify("-", given=lines)
    found = json.loads(done.stdout)
    assert (done.returncode, found["findings"]) == (0, []), done.stderr
    chains: list[dict[str, Any]] = found["chains"]
    return chains


def test_every_broker_writes_to_the_one_topic(cluster: Cluster) -> None:
    """What was done through each of them is there, in a chain of its own."""
    one, two, three = cluster.brokers
    for broker, name in ((one, "a1"), (two, "a2"), (three, "a3")):
        assert create(broker, name) == "NONE"
    lines = until_held(two, a1=1, a2=2, a3=3)

    assert len(verified(lines)) == 3
    assert {event["broker"] for event in events(lines) if event["action"] == "start"} == {1, 2, 3}
    assert {event["broker"] for event in events(lines) if event["kind"] == "connection"} == {1, 2, 3}


def test_chains_hold_when_brokers_are_killed_and_stopped(cluster: Cluster) -> None:
    """What went on meanwhile is there, and what one that keeps files could not give the topic any more is there when it is back."""
    one, two, three = cluster.brokers
    assert create(one, "b1") == "NONE"
    # What happened in the last milliseconds may be lost with a broker (docs/decisions/0026-audit-log.md).
    wait_until(lambda lines: "b1" in changes(lines), lambda: written(one))
    one.kill()
    assert create(two, "b2") == "NONE"
    one.start()
    assert create(one, "b3") == "NONE"
    two.stop()
    assert create(three, "b4") == "NONE"
    two.start()
    assert create(two, "b5") == "NONE"
    three.kill()
    three.start()
    assert create(three, "b6") == "NONE"
    lines = until_held(one, b1=1, b2=2, b3=1, b4=3, b5=2, b6=3)
    chains = verified(lines)
    stops = [event["broker"] for event in events(lines) if event["action"] == "stop"]

    # The third began another one when it was back.
    assert len(chains) == 4
    assert all(chain["first"] == 1 for chain in chains)
    assert stops == [2], "what was recorded while it stopped came later"
    for broker in (one, two):
        kept = written(broker).splitlines()
        until = next(number for number, line in enumerate(kept) if f'"topic:{"b3" if broker is one else "b5"}"'.encode() in line)
        assert set(kept[: until + 1]) <= set(lines.splitlines())
        assert verify(str(broker.data_dir / "audit")).returncode == 0


def test_while_the_store_fails_data_may_fail_but_nothing_is_changed_unseen(tmp_path: Path) -> None:
    """The topic cannot be written: changes are refused once there is no room, the others' as well as its own; then they go on, and nothing is missing."""
    env = {**SETTINGS, **TOPIC_ALONE, "PENSTOCK_AUDIT_QUEUE_BYTES": "65536", "PENSTOCK_WRITE_INLINE_BYTES": "0", "PENSTOCK_WRITE_RETRY_MS": "1000"}
    with Cluster(tmp_path, own_ids=True, faults=True, env=env) as cluster:
        assert cluster.proxy is not None
        one, two, _ = cluster.brokers
        assert create(one, "first") == "NONE"
        until_held(one, first=1)
        cluster.proxy.set(Faults(down=True))
        outcomes: dict[str, str] = {}
        while "KAFKA_STORAGE_ERROR" not in outcomes.values():
            assert len(outcomes) < 2000
            name = f"t{len(outcomes)}"
            outcomes[name] = create(one, name)
        assert create(two, "elsewhere") == "NONE", "each has room of its own"
        cluster.proxy.clear()
        wait_until(lambda outcome: outcome == "NONE", lambda: create(one, "after"), deadline_s=30)
        made = {name: 1 for name, outcome in outcomes.items() if outcome == "NONE"}
        lines = until_held(two, elsewhere=2, after=1, **made)

        assert changes(lines).keys() == {*made, "first", "elsewhere", "after"}
        verified(lines)
