"""Every attack, in short, against a broker of its own: refused with a reason that the log has, in bounded memory, and who is honest is served all the while."""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from tests.hostile.attacks import ATTACKS, HALF_OPEN, HONEST_TOPIC, Attack
from tests.hostile.scene import Memory, Scene, log_lines
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(120)]

SECONDS = 1.0
PATIENCE_S = 15.0
"""An attack goes on for so long until the broker has said all that is to be heard of it."""
MEMORY_MIB = 200
SMALL = {
    "authentication_timeout_ms": 1_000,
    "connections_max_unauthenticated": 200,
    "process_max_bytes": 32 << 20,
    "socket.request.max.bytes": 32 << 20,
}
"""Little patience, and as much memory as the page on security says that a broker of 200 MiB has to give."""


class Honest:
    """A client that was there before, and comes anew."""

    def __init__(self, scene: Scene) -> None:
        self._settings = scene.client_settings()
        self._producer = Producer(self._settings | {"acks": "all"})
        self._failed: list[object] = []
        self.sent = 0

    def work(self) -> None:
        began = time.monotonic()
        for _ in range(20):
            self._producer.produce(HONEST_TOPIC, b"%d" % self.sent, on_delivery=lambda error, _: self._failed.append(error) if error else None)
            self.sent += 1
        assert self._producer.flush(20) == 0
        assert not self._failed
        assert time.monotonic() - began < 10

    def read_all(self) -> list[bytes]:
        consumer = Consumer(self._settings | {"group.id": "honest"})
        consumer.assign([TopicPartition(HONEST_TOPIC, 0, 0)])
        found: list[bytes] = []
        limit = time.monotonic() + 20
        while len(found) < self.sent and time.monotonic() < limit:
            found += [message.value() or b"" for message in consumer.consume(self.sent - len(found), 0.2)]
        consumer.close()
        return found


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(HALF_OPEN + 2_000, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _is_logged(scene: Scene, reason: str) -> bool:
    return any(reason in line for line in log_lines(scene))


ACCEPTED = {
    # What is large, and no more than that, is taken as what it is.
    "a large one", "a value of 30 MiB", "500,000 records", "400,000 headers", "lists in lists",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=lambda attack: attack.name)
def test_an_attack_is_refused(tmp_path: Path, attack: Attack) -> None:
    """By what the client is told and by what the log says; memory stays below 200 MiB; nobody honest notices more than a moment."""
    attack.prepare()
    with Scene(tmp_path, **SMALL) as scene:
        memory = Memory(scene.broker.pid)
        honest = Honest(scene)
        honest.work()
        memory.begin()
        got: Counter[str] = Counter()
        worked = [time.monotonic()]
        end = worked[0] + SECONDS

        def is_over() -> bool:
            if time.monotonic() - worked[-1] > SECONDS / 3:
                honest.work()
                worked.append(time.monotonic())
            now = time.monotonic()
            return now > end and (now > end + PATIENCE_S or all(_is_logged(scene, reason) for reason in attack.reasons))

        attack.run(scene.target, got, is_over)
        honest.work()
        assert honest.read_all() == [b"%d" % number for number in range(honest.sent)]
        for reason in attack.reasons:
            wait_until(bool, lambda reason=reason: _is_logged(scene, reason), 10)  # type: ignore[misc]
        peak = memory.peak()
        lines = list(log_lines(scene))
        print(f"memory {peak:.0f} MiB", dict(got), sep="\n")
        assert scene.broker.running
    assert got
    assert peak < MEMORY_MIB
    assert not any("defect" in line or "Traceback" in line for line in lines)
    for said in got:
        what, _, answer = said.partition(": ")
        assert answer != "IN", said
        assert "ANSWERED" not in said
        if attack.forbids_success and what not in ACCEPTED:
            assert "an answer" not in said and "NONE" not in said, said  # noqa: PT018 - the same thing
