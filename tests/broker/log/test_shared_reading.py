"""The parts of shared reading, put together."""

from broker.log.known_bounds import KnownBounds
from broker.log.shared_reading import ReadingLimits, shared_reading
from broker.log.waiting_room import WaitingRoom
from broker.model import LogBounds
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.objects.memory import MemoryObjectStore
from broker.wire.records.batch import HEADER_SIZE
from observability.metrics import REGISTRY
from tests.broker.log.harness import batch


def test_the_tail_teaches_the_view_and_metrics_show_what_is_held() -> None:
    """One set of what is known for all of them."""
    shared = shared_reading(
        MemoryObjectStore(), MemoryCatalog(), WaitingRoom(), lambda: 0.0, tail_bytes=1000, limits=ReadingLimits()
    )
    data = batch(1)
    assert len(data) > HEADER_SIZE
    shared.tail.put(5, 0, 0, data)
    assert isinstance(shared.view.known, KnownBounds)
    assert shared.view.known.get(5) is not None
    assert REGISTRY.get_sample_value("penstock_read_cache_bytes", {"cache": "tail"}) == len(data)
    assert REGISTRY.get_sample_value("penstock_read_cache_bytes", {"cache": "blocks_hot"}) == 0


def test_what_is_known_is_trusted_for_longer_than_polls_are_apart() -> None:
    """Whatever they are set to."""
    now = 0.0
    shared = shared_reading(
        MemoryObjectStore(), MemoryCatalog(), WaitingRoom(), lambda: now, tail_bytes=0, poll_ms=20_000, poll_ms_with_hints=1000
    )
    shared.view.learn(1, LogBounds(0, 0, 0, 0, 0), shared.view.known.ticket(), 0.0)
    now = 40.0
    assert shared.view.is_trusted(1)
    now = 60.0
    assert not shared.view.is_trusted(1)
