"""What quotas do to a connection."""

from collections.abc import AsyncIterator
from typing import Any, cast

import anyio
import anyio.abc
import anyio.lowlevel
import pytest

from broker.handlers.base import ConnectionInfo, RequestContext
from broker.model import Node
from broker.server.throttle import Mute, Timed, answered, arrived, told
from broker.wire.api import ApiKey
from broker.wire.messages.fetch import FetchResponse
from broker.wire.messages.heartbeat import HeartbeatResponse
from broker.wire.messages.sasl_handshake import SaslHandshakeResponse
from observability.quota_metrics import THROTTLED_CONNECTIONS
from security.identity import Identity


class Answers:
    """Quotas that say what the test says."""

    is_active = True

    def __init__(self, produced: int = 0, fetched: int = 0, worked: int | None = None) -> None:
        self._produced, self._fetched, self._worked = produced, fetched, worked
        self.measures_time = worked is not None
        self.asked: list[tuple[str, str, str | None, float]] = []

    def produced(self, identity: Identity, client_id: str | None, size: int) -> int:
        self.asked.append(("produced", identity.principal, client_id, size))
        return self._produced

    def fetched(self, identity: Identity, client_id: str | None, size: int) -> int:
        self.asked.append(("fetched", identity.principal, client_id, size))
        return self._fetched

    def worked(self, identity: Identity, client_id: str | None, seconds: float) -> int:
        self.asked.append(("worked", identity.principal, client_id, seconds))
        return self._worked or 0


def context() -> RequestContext:
    info = ConnectionInfo(1, "p:1", "p", "PLAINTEXT", Node(1, "localhost", 9092), identity=Identity("User:alice"))
    return RequestContext(cast(Any, None), info, 0, 1, "app")


def test_produced_bytes_are_counted_when_they_arrive() -> None:
    """Whatever becomes of them; other requests are not."""
    quotas = Answers(produced=7)

    assert arrived(quotas, ApiKey.PRODUCE, context(), 100) == 7
    assert arrived(quotas, ApiKey.FETCH, context(), 100) == 0
    assert quotas.asked == [("produced", "User:alice", "app", 100)]


@pytest.mark.parametrize("key", [ApiKey.FETCH, ApiKey.SHARE_FETCH])
def test_fetched_bytes_are_counted_when_they_are_there(key: ApiKey) -> None:
    """And the longest of all times to wait is told."""
    assert answered(Answers(fetched=9, worked=3), key, context(), FetchResponse(), 50, 0.1) == 9
    assert answered(Answers(fetched=9, worked=30), key, context(), FetchResponse(), 50, 0.1) == 30
    assert answered(Answers(fetched=9), key, context(), FetchResponse(throttle_time_ms=40), 50, 0.1) == 40


def test_without_a_quota_of_time_none_is_asked_for() -> None:
    """It would only cost."""
    quotas = Answers()

    assert answered(quotas, ApiKey.HEARTBEAT, context(), HeartbeatResponse(), 50, 0.1) == 0
    assert quotas.asked == []


def test_logging_in_is_nobodys_use() -> None:
    """A client that has to log in again is not kept from it."""
    quotas = Answers(worked=1000)

    assert answered(quotas, ApiKey.SASL_HANDSHAKE, context(), SaslHandshakeResponse(), 50, 9.9) == 0
    assert quotas.asked == []


def test_an_answer_that_several_are_given_is_not_changed() -> None:
    """A copy tells the time; an answer without the field is left as it is."""
    shared = HeartbeatResponse(error_code=3)
    changed = told(shared, 77)

    assert (changed.throttle_time_ms, changed.error_code, shared.throttle_time_ms) == (77, 3, 0)
    plain = SaslHandshakeResponse()
    assert told(plain, 77) is plain
    assert told(None, 77) is None


async def _spin_and_wait(event: anyio.Event) -> str:
    for _ in range(200_000):
        pass
    await event.wait()
    for _ in range(200_000):
        pass
    return "done"


async def test_time_is_measured_without_waiting() -> None:
    """What runs is counted, however long it waits in between."""
    event = anyio.Event()
    timed = Timed(_spin_and_wait(event))
    found: list[str] = []

    async def run() -> None:
        found.append(await timed)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await anyio.wait_all_tasks_blocked()
        before = timed.seconds
        await anyio.sleep(0.05)
        assert timed.seconds == before > 0
        event.set()

    assert found == ["done"]
    assert timed.seconds > before


async def test_errors_and_cancellation_go_through() -> None:
    """As if it were not measured."""

    async def fail() -> None:
        await anyio.lowlevel.checkpoint()
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        await Timed(fail())

    cleaned_up: list[bool] = []

    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cleaned_up.append(True)

    with anyio.move_on_after(0.01) as scope:
        await Timed(wait())
    assert scope.cancelled_caught
    assert cleaned_up == [True]


@pytest.fixture
async def tasks() -> AsyncIterator[anyio.abc.TaskGroup]:
    async with anyio.create_task_group() as group:
        yield group
        group.cancel_scope.cancel()


def throttled() -> float:
    return cast(float, THROTTLED_CONNECTIONS._value.get())


async def test_a_connection_is_heard_again_when_the_time_is_over(tasks: anyio.abc.TaskGroup) -> None:
    """The longest time that was told, and once."""
    over = anyio.Event()
    times: list[float] = []

    def heard() -> None:
        times.append(anyio.current_time())
        over.set()

    mute = Mute(tasks, heard)
    began = anyio.current_time()
    before = throttled()
    mute.begin(60)
    mute.begin(30)
    mute.begin(90)
    assert mute.is_on
    assert throttled() == before + 1
    with anyio.fail_after(10):
        await over.wait()

    assert not mute.is_on
    assert throttled() == before
    assert len(times) == 1
    assert round(times[0] - began, 3) >= 0.09  # the loop's clock has milliseconds


async def test_nobody_waits_for_a_connection_that_ended(tasks: anyio.abc.TaskGroup) -> None:
    """However long it was told to wait."""
    mute = Mute(tasks, lambda: pytest.fail("it is gone"))
    before = throttled()
    mute.begin(1 << 30)
    mute.end()
    await anyio.wait_all_tasks_blocked()

    assert throttled() == before


