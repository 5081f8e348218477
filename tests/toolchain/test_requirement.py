"""A missing toolchain skips tests at a desk and fails them in CI."""

import pytest

from tests.toolchain import ToolchainUnavailable, required


def missing() -> None:
    raise ToolchainUnavailable("no JDK")


def test_present_part_is_handed_over() -> None:
    """Nothing stands between a test and a toolchain that is there."""
    assert required(lambda: ["java"]) == ["java"]


def test_missing_part_skips(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without CI the test is skipped, and the reason is printed too."""
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="NOT TESTED, a toolchain is missing: no JDK"):
        required(missing)
    assert "no JDK" in capsys.readouterr().err


def test_missing_part_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """With CI set a run that leaves clients out must not be green."""
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no JDK"):
        required(missing)
