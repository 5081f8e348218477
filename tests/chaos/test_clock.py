"""A wall clock that is moved from outside."""

from pathlib import Path

from tests.chaos.clock import shifted


def test_the_clock_is_off_by_what_the_file_says(tmp_path: Path) -> None:
    """From the next look at it on, and the last known offset holds while the file cannot be read."""
    file, monotonic = tmp_path / "clock", [0.0]
    clock = shifted(file, lambda: 5_000_000_000, lambda: monotonic[0])
    assert clock() == 5_000_000_000
    file.write_text("3600")
    assert clock() == 5_000_000_000
    monotonic[0] = 1.0
    assert clock() == 3605_000_000_000
    file.write_text("")
    monotonic[0] = 2.0
    assert clock() == 3605_000_000_000
    file.write_text("-1.5")
    monotonic[0] = 3.0
    assert clock() == 3_500_000_000
