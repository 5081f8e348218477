"""Random schedules of uploads and commits that succeed, fail, take long or end in a fence: what producers are told is what the log holds.

``PENSTOCK_WRITER_WORLDS`` plays more of them, ``PENSTOCK_WRITER_SEED`` one again.
"""

import os
from collections.abc import Callable
from random import SystemRandom
from typing import Any, Final
from unittest import mock

import pytest
import structlog

from broker.errors import StorageUnavailable
from broker.log.pipelined_writer import PipelinedWriter
from broker.model import Appended
from broker.storage.cluster_committing import ClusterCommitter, _Flight
from broker.storage.sequence_holes import SequenceHoles
from broker.wire.error_codes import ErrorCode
from tests.broker.log.writing_world import World
from tests.simulation import scheduling

WORLDS: Final = int(os.environ.get("PENSTOCK_WRITER_WORLDS", "40"))
SEED: Final = os.environ.get("PENSTOCK_WRITER_SEED")


def play(seed: int) -> World:
    world: list[World] = []

    async def main() -> None:
        world.append(World(seed))
        await world[0].run()

    with structlog.testing.capture_logs():
        scheduling.run(seed, main)
    return world[0]


def first_of(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def test_what_producers_are_told_is_what_the_log_holds() -> None:
    """Nothing acknowledged is lost, nothing of an idempotent producer is there twice or out of order, and none of them is stuck."""
    first = int(SEED) if SEED else SystemRandom().randrange(1 << 31)
    for seed in range(first, first + (1 if SEED else WORLDS)):
        print(f"seed {seed}", end=": ", flush=True)
        print(play(seed).summary)


def _commits_in_the_order_of_uploads() -> Any:
    def take(self: ClusterCommitter) -> list[_Flight]:
        self._line = type(self._line)(sorted(self._line, key=lambda flight: flight.stored is None))
        return original(self)

    original = ClusterCommitter._take
    return mock.patch.object(ClusterCommitter, "_take", take)


def _lets_batches_overtake() -> Any:
    return mock.patch.object(SequenceHoles, "before", return_value=None)


def _says_out_of_order_of_what_is_held_back() -> Any:
    answer = Appended(int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER), -1, -1, -1)
    return mock.patch.object(SequenceHoles, "told", return_value=answer)


def _takes_what_comes_too_soon_for_lost() -> Any:
    answer = Appended(int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER), -1, -1, -1)
    return mock.patch.object(SequenceHoles, "out_of_order", return_value=answer)


def _commits_the_same_id_again() -> Any:
    def failed(self: ClusterCommitter, flight: _Flight, error: Any) -> None:
        stored = flight.stored
        original(self, flight, error)
        if flight.outcome is None:
            flight.stored = stored

    original = ClusterCommitter._failed
    return mock.patch.object(ClusterCommitter, "_failed", failed)


def _deletes_what_a_fence_left_in_doubt() -> Any:
    async def fly(self: ClusterCommitter, flight: _Flight) -> Any:
        try:
            return await original(self, flight)
        except Exception:
            if flight.extent is not None and flight.stored is not None:
                self._store._objects.pop(flight.extent.object_id, None)  # type: ignore[attr-defined]
            raise

    original = ClusterCommitter._fly
    return mock.patch.object(ClusterCommitter, "_fly", fly)


def _settles_whoever_lands_first() -> Any:
    async def fly(self: PipelinedWriter, flight: Any, committing: Any) -> None:
        self._flights.remove(flight)
        self._flights.appendleft(flight)
        await original(self, flight, committing)

    original = PipelinedWriter._fly
    return mock.patch.object(PipelinedWriter, "_fly", fly)


def _refuses_copies_for_ever() -> Any:
    async def close(self: Any, flights: Any) -> None:
        pass

    return mock.patch.object(ClusterCommitter, "_leave_needless_holes", close)


@pytest.mark.parametrize(
    "bug",
    [
        _commits_in_the_order_of_uploads,
        _lets_batches_overtake,
        _says_out_of_order_of_what_is_held_back,
        _takes_what_comes_too_soon_for_lost,
        _commits_the_same_id_again,
        _deletes_what_a_fence_left_in_doubt,
        _settles_whoever_lands_first,
        _refuses_copies_for_ever,
    ],
)
def test_planted_bugs_are_found(bug: Callable[[], Any]) -> None:
    """The checks are sharp enough: each is met within some worlds, the same ones each time."""
    for seed in range(100):
        try:
            with bug():
                play(seed)
        except BaseException as error:
            found = first_of(error)
            assert isinstance(found, (AssertionError, StorageUnavailable)), found
            print(f"found in world {seed}: {found!r}"[:300])
            return
    pytest.fail("not found")
