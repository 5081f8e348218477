"""What the benchmark beside hostile clients makes of what it measured, and one attack end to end."""

from pathlib import Path

import pytest
from benchmarks.hostile import MEMORY_MIB, TARGET, Outcome, Turn, main, table
from rich.console import Console


def outcome(written: float = 1.0, read: float = 1.0, peak: float = 100.0) -> Outcome:
    turns = [Turn(False, 1000, 2000), Turn(True, 1000 * written, 2000 * read)]
    return Outcome("knocking", [*turns, *turns, Turn(True, 1, 1), *turns], 90.0, peak, {})


def test_what_is_left_is_told_by_medians() -> None:
    """One turn that was disturbed decides nothing."""
    found = outcome(0.9, 0.85)
    assert (found.written, found.read) == (pytest.approx(0.9), pytest.approx(0.85))
    assert not found.missed


@pytest.mark.parametrize(
    "missed", [outcome(written=TARGET - 0.01), outcome(read=TARGET - 0.01), outcome(peak=MEMORY_MIB)]
)
def test_a_miss_is_called_one(missed: Outcome) -> None:
    """Of either kind of honest client, and of memory."""
    console = Console(width=200, record=True)
    console.print(table([outcome(), missed]))
    text = console.export_text()
    assert (text.count("pass"), text.count("MISS")) == (1, 1)


def test_an_attack_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Honest clients in processes of their own go on beside it, and the attacker says what it got."""
    assert main(["--only", "byte drip", "--rounds", "1", "--seconds", "1", "--output", str(tmp_path / "out.json")]) == 0
    said = capsys.readouterr().out
    assert "the attackers got" in said
    assert '"attack": "byte drip"' in (tmp_path / "out.json").read_text()
