"""The page about configuration."""

from pathlib import Path

import pytest

from broker.config.document import PAGE, document, main
from broker.config.settings import SETTINGS
from broker.config.topic_table import TOPIC_SETTINGS


def test_the_page_is_what_the_settings_say() -> None:
    """Run ``python -m broker.config.document`` after changing a setting."""
    assert (Path(__file__).parents[3] / PAGE).read_text(encoding="utf-8") == document()


def test_every_setting_stands_on_the_page() -> None:
    """Of the broker and of topics."""
    page = document()

    assert all(f"| `{name}` |" in page for name in [*SETTINGS, *TOPIC_SETTINGS])


def test_the_page_is_written_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The check says what to run."""
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert "python -m broker.config.document" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
