"""From where to read."""

import pytest

from broker.cli.failure import CommandFailed
from broker.cli.start_position import parse_offset, parse_time


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("earliest", ("earliest", 0)),
        ("latest", ("latest", 0)),
        ("17", ("offset", 17)),
        ("-5", ("tail", 5)),
        ("@1700000000000", ("time", 1700000000000)),
        ("@2023-11-14T22:13:20+00:00", ("time", 1700000000000)),
    ],
)
def test_offsets(text: str, parsed: tuple[str, int]) -> None:
    """Words, numbers, counts from the end, times."""
    assert parse_offset(text) == parsed


def test_times_without_zone_are_utc() -> None:
    """The same command means the same everywhere."""
    assert parse_time("2023-11-14T22:13:20") == 1700000000000


@pytest.mark.parametrize("text", ["soon", "@soon", "1.5", ""])
def test_nonsense_is_wrong_usage(text: str) -> None:
    """Exit code 2."""
    with pytest.raises(CommandFailed):
        parse_offset(text)
