"""The generated modules are what the facts say."""

from pathlib import Path

import pytest

from broker.wire import generate


def test_the_checked_in_modules_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise run `python -m broker.wire.generate`."""
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_stale_and_leftover_modules_are_found_and_put_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing module is written, one without facts is removed, hand-written ones are left alone."""
    monkeypatch.setattr(generate, "PACKAGE_DIR", tmp_path)
    for folder in generate.GENERATED_DIRS:
        (tmp_path / folder).mkdir()
    (tmp_path / "messages" / "base.py").write_text("by hand")
    (tmp_path / "codecs" / "gone.py").write_text("left over")

    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert not (tmp_path / "codecs" / "gone.py").exists()
    assert (tmp_path / "messages" / "base.py").read_text() == "by hand"
    assert (tmp_path / "messages" / "fetch.py").exists()


def test_unknown_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage is shown."""
    assert generate.main(["--chekc"]) == 2
    assert "--check" in capsys.readouterr().err
