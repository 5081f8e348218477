"""Requests are sent until they come through: never fewer than the store takes, never more than it likes."""

from collections.abc import Awaitable, Callable

import anyio
import pytest
from obstore.exceptions import AlreadyExistsError, GenericError, PermissionDeniedError

from broker.storage.objects.requester import Operation, Requester, RequestFailed, RequestSettings
from broker.storage.objects.store_errors import Trouble
from observability.metrics import REGISTRY

THROTTLED = GenericError("status code: 503 <Code>SlowDown</Code>")
KNOWN = [*[0.1] * 16, *[0.05] * 4]
"""After these it is known that a tenth of a second is usual."""
CUT = GenericError("HTTP error: error sending request")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Virtual time: waiting costs nothing."""
    from trio.testing import MockClock

    return "trio", {"clock": MockClock(autojump_threshold=0)}


def requester(**settings: float) -> Requester:
    return Requester(RequestSettings(**settings), lambda: 1.0)  # type: ignore[arg-type]


class Store:
    """Answers requests by a script: an error to raise, or seconds to take."""

    def __init__(self, *script: Exception | float) -> None:
        self._script = list(script)
        self.sent = self.under_way = self.most_under_way = 0

    async def __call__(self) -> int:
        number = self.sent
        self.sent += 1
        step = self._script[number] if number < len(self._script) else 0.0
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if isinstance(step, Exception):
                raise step
            await anyio.sleep(step)
        finally:
            self.under_way -= 1
        return number


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def run(sender: Requester, store: Callable[[], Awaitable[int]], **options: object) -> int:
    return await sender.run(Operation.PUT, "it failed", store, **options)  # type: ignore[arg-type]


async def test_what_passes_is_tried_again() -> None:
    """Throttling and cut connections alike; each is counted by its kind."""
    before = sample("penstock_object_errors_total", operation="put", kind="throttled")
    store = Store(THROTTLED, CUT, THROTTLED)
    assert await run(requester(), store) == 3
    assert sample("penstock_object_errors_total", operation="put", kind="throttled") == before + 2


@pytest.mark.parametrize(
    ("error", "trouble"), [(AlreadyExistsError("x"), Trouble.EXISTS), (PermissionDeniedError("x"), Trouble.REFUSED)]
)
async def test_what_does_not_pass_is_said_at_once(error: Exception, trouble: Trouble) -> None:
    """Trying again would only cost time."""
    store = Store(error)
    with pytest.raises(RequestFailed) as failed:
        await run(requester(), store)
    assert (failed.value.trouble, store.sent) == (trouble, 1)


async def test_time_is_up_some_day() -> None:
    """The caller is told, in words without anything of the request (Q2)."""
    store = Store(*[GenericError("https://host?sig=hunter2 status code: 503")] * 1000)
    began = anyio.current_time()
    with pytest.raises(RequestFailed, match="throttled 503") as failed:
        await run(requester(give_up_s=20.0), store)
    assert 10.0 < anyio.current_time() - began <= 25.0
    assert "hunter2" not in str(failed.value)
    assert failed.value.__cause__ is None


async def test_a_request_that_hangs_is_sent_again() -> None:
    """After its timeout."""
    store = Store(10_000.0, 0.1)
    assert await run(requester(timeout_s=5.0, give_up_s=30.0), store) == 1


async def test_a_slow_request_gets_a_second_one_beside_it() -> None:
    """Once it is known what is slow; the first answer counts, the other request ends."""
    store = Store(*KNOWN, 8.0, 0.1)
    sender = requester()
    for _ in range(20):
        await run(sender, store, hedged=True)
    began = anyio.current_time()
    before = sample("penstock_object_hedges_total", operation="put")
    assert await run(sender, store, hedged=True) == 21
    assert anyio.current_time() - began < 1.0
    assert (store.under_way, sample("penstock_object_hedges_total", operation="put")) == (0, before + 1)


async def test_of_two_requests_one_may_fail() -> None:
    """The other one goes on; both failing is a failure like any."""
    store = Store(*KNOWN, 1.0, CUT, *[0.1] * 20)
    sender = requester()
    for _ in range(20):
        await run(sender, store, hedged=True)
    assert await run(sender, store, hedged=True) == 20


async def test_that_it_is_there_ends_both() -> None:
    """The slow one cannot say anything else."""
    store = Store(*KNOWN, 100.0, AlreadyExistsError("x"))
    sender = requester()
    for _ in range(20):
        await run(sender, store, hedged=True)
    with pytest.raises(RequestFailed) as failed:
        await run(sender, store, hedged=True)
    assert failed.value.trouble is Trouble.EXISTS


async def test_no_second_requests_while_the_store_asks_for_less() -> None:
    """They would make it worse (P3)."""
    store = Store(*KNOWN, THROTTLED, 2.0)
    sender = requester()
    for _ in range(20):
        await run(sender, store, hedged=True)
    assert await run(sender, store, hedged=True) == 21
    assert store.sent == 22


async def test_throttled_requests_become_fewer() -> None:
    """Half as many, and all of them come through (Q1, Q3)."""
    sender = requester(uploads=8, give_up_s=60.0)
    stormy = Store(*[THROTTLED] * 8, *[0.5] * 40)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(run, sender, stormy)
    assert 3 <= stormy.most_under_way <= 7
    assert sample("penstock_object_request_slots", operation="put") >= 4
    calm = Store(*[1.0] * 40)
    await run(sender, Store(THROTTLED))
    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(run, sender, calm)
    assert calm.most_under_way <= 5
