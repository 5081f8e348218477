"""The page about what each request needs."""

from pathlib import Path

import pytest

from broker.handlers.authorization_document import PAGE, document, main
from broker.handlers.authorization_table import ROWS


def test_the_page_is_what_the_table_says() -> None:
    """Run ``python -m broker.handlers.authorization_document`` after changing the table."""
    assert (Path(__file__).parents[3] / PAGE).read_text(encoding="utf-8") == document()


def test_every_row_stands_on_the_page() -> None:
    """By key and name; each of its needs is a line."""
    page = document()

    assert all(f"| {row.key} | {row.api} | " in page for row in ROWS)
    assert page.count("\n| ") == 1 + sum(max(len(row.needs), 1) for row in ROWS)


def test_the_page_is_written_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The check says what to run."""
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert "python -m broker.handlers.authorization_document" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
