"""Virtual time and a scheduler that a seed decides: the only file that touches private names of trio, and what else is left to chance.

Trio can be made to shuffle the tasks of each turn by a random generator of its own; the switch for it is private. What the broker takes
from the system besides is given by the seed too: ids, threads (there are none, their work is done in place) and the clock that measures
commits. Sets of text are walked in an order that differs from process to process: PYTHONHASHSEED must be set for a run to be repeated.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import Any, Final, TypeVar
from unittest import mock
from uuid import UUID

import anyio
import trio
import trio._core._run as trio_run
from trio.testing import MockClock

Answer = TypeVar("Answer")

WALL_MS: Final = 1_700_000_000_000
"""When the world begins."""

_MAKE_UUIDS: Final = (
    "broker.admin.topic_administrator.uuid4",
    "broker.coordinators.group_coordinator.uuid4",
    "broker.handlers.groups.consumer_group_heartbeat.uuid4",
)
_RUN_IN_THREADS: Final = (
    "broker.log.cold_reader.run_sync",
    "broker.log.offset_finder.run_sync",
    "broker.handlers.data.produce.run_sync",
    "broker.coordinators.consumer_group_coordinator.to_thread.run_sync",
)


def now_ms() -> int:
    """The wall clock, which goes with the event loop's."""
    return WALL_MS + int(anyio.current_time() * 1000)


async def _run_in_place(work: Callable[..., Answer], *arguments: Any, **_: Any) -> Answer:
    await anyio.lowlevel.checkpoint()
    return work(*arguments)


@contextmanager
def _decided_by(seed: int) -> Iterator[None]:
    random = Random(f"ids {seed}")
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(trio_run, "_ALLOW_DETERMINISTIC_SCHEDULING", True))
        trio_run._r.seed(seed)
        for name in _MAKE_UUIDS:
            patches.enter_context(mock.patch(name, side_effect=lambda: UUID(int=random.getrandbits(128), version=4)))
        for name in _RUN_IN_THREADS:
            patches.enter_context(mock.patch(name, _run_in_place))
        patches.enter_context(mock.patch("broker.log.reader.randbelow", random.randrange))
        for name in ("broker.log.writer.perf_counter", "broker.log.pipelined_writer.perf_counter"):
            patches.enter_context(mock.patch(name, trio.current_time))
        yield


def run(seed: int, main: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run ``main`` to its end; hours of virtual time take no time."""
    with _decided_by(seed):
        return anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})
