"""What commands print."""

import json

import pytest

from broker.cli.output import Progress, note, print_json, print_table


def test_data_and_words_for_people_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    """Notes and progress go to standard error, so that output can be piped."""
    with Progress("working", 3) as progress:
        progress.advance()
        progress.update(3)
    note("done")
    print_json({"a": "ü"})
    captured = capsys.readouterr()

    assert json.loads(captured.out) == {"a": "ü"}
    assert captured.err == "done\n"


def test_tables_hold_every_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """Also cells that look like markup."""
    print_table(["NAME", "COUNT"], [["[bold]x", 5], ["y", "-"]])
    out = capsys.readouterr().out

    assert "[bold]x" in out
    assert "COUNT" in out


def test_a_table_begins_with_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    """No empty lines around it: `head -1` shows the header, and `tail -1` the last row."""
    print_table(["NAME"], [["x"]])
    lines = capsys.readouterr().out.splitlines()

    assert lines[0].strip() == "NAME"
    assert lines[-1].strip() == "x"
