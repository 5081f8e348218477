"""The front of a log."""

import pytest

from broker.errors import BrokerError
from broker.model import LogBounds
from broker.storage.catalog.base import Span
from broker.storage.catalog.commit_rules import PartitionState
from broker.storage.catalog.log_rules import behind, out_of_range, retention_offset, with_log_start, without_bytes

STATE = PartitionState(LogBounds(5, 30, 30, 0, 300))
SPANS = [Span(index * 10, index * 10 + 9, 1, 0, 100, at, at, 1) for index, at in enumerate((50, 10, 60))]


def test_the_log_start_moves_forward_only() -> None:
    """Staying where it is gives the same state."""
    assert with_log_start(STATE, 30).bounds.log_start == 30
    assert with_log_start(STATE, 5) is STATE
    assert with_log_start(STATE, 0) is STATE


@pytest.mark.parametrize("offset", [-1, 31])
def test_the_log_start_stays_inside_the_log(offset: int) -> None:
    """Beyond it is refused."""
    with pytest.raises(BrokerError):
        with_log_start(STATE, offset)


def test_bytes_go_with_their_spans() -> None:
    """The rest of the state is untouched."""
    assert without_bytes(STATE, 100).bounds == LogBounds(5, 30, 30, 0, 200)


def test_retention_stops_at_the_first_span_that_stays() -> None:
    """An old span behind a young one waits for it."""
    assert retention_offset(STATE, SPANS, 50, None) == 5
    assert retention_offset(STATE, SPANS, 51, None) == 20
    assert retention_offset(STATE, SPANS, 61, None) == 30


def test_retention_by_size_leaves_at_least_the_limit() -> None:
    """The limit is what remains, not what goes."""
    assert [retention_offset(STATE, SPANS, None, limit) for limit in (301, 300, 201, 200, 100, 0)] == [
        5,
        5,
        5,
        10,
        20,
        30,
    ]


def test_retention_looks_no_further_than_it_must() -> None:
    """A long log is not walked to its end."""
    spans = iter(SPANS)
    retention_offset(STATE, spans, 20, None)

    assert next(spans) == SPANS[1]


def test_what_is_stable_does_not_fall_behind_the_start() -> None:
    """Records of an open transaction may be deleted before it ends (I5)."""
    state = PartitionState(LogBounds(5, 30, 10, 0, 300), open_transactions=((10, 7),))

    assert with_log_start(state, 8).bounds.last_stable_offset == 10
    assert with_log_start(state, 20).bounds.last_stable_offset == 20
    assert with_log_start(state, 20).open_transactions == ((10, 7),)


def test_retention_goes_on_behind_a_page() -> None:
    """A log may have more spans than are read at once: the rest is judged as if it were all."""
    rest = behind(STATE, SPANS[:2])

    assert (rest.bounds.log_start, rest.bounds.bytes) == (20, 100)
    for oldest_ms, max_bytes in ((55, None), (70, None), (None, 100), (None, 0), (None, 250)):
        whole = retention_offset(STATE, SPANS, oldest_ms, max_bytes)
        first = retention_offset(STATE, SPANS[:2], oldest_ms, max_bytes)
        assert (first if first < 20 else retention_offset(rest, SPANS[2:], oldest_ms, max_bytes)) == whole


def test_a_start_outside_the_log_says_where_it_ends() -> None:
    """For whoever asked."""
    assert "between 0 and the high watermark 30" in str(out_of_range(31, 30))
