"""There are never too many meters."""

from security.quotas.meters import Meters
from security.quotas.rate_window import RateWindow, WindowShape


def test_each_bucket_has_its_own() -> None:
    """And the same every time."""
    meters = Meters(lambda: RateWindow(WindowShape()), 10)

    assert meters.of(("a",)) is meters.of(("a",))
    assert meters.of(("a",)) is not meters.of(("b",))


def test_the_longest_unused_one_goes() -> None:
    """A client with a new name every time takes no memory, nor does it have others forgotten that are there."""
    meters = Meters(lambda: RateWindow(WindowShape()), 10)
    kept = meters.of(("kept",))
    for number in range(1000):
        meters.of(("new", str(number)))
        assert meters.of(("kept",)) is kept

    assert len(meters) == 10
    meters.clear()
    assert len(meters) == 0
