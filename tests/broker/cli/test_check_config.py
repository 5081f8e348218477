"""penstock check-config: the settings, or everything that is wrong with them."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from broker.cli.check_config import check_config, command
from broker.config.settings import SETTINGS

TYPICAL = Path(__file__).parent.parent / "config" / "server.properties"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(capsys: pytest.CaptureFixture[str], flags: dict[str, Any], **options: Any) -> tuple[int, str, str]:
    code = check_config(flags, environ={}, **options)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_every_setting_is_shown_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    """As a table."""
    code, out, err = run(capsys, {"num_partitions": 3})

    assert (code, err) == (0, "")
    rows = {line.split()[0]: line.split() for line in out.splitlines() if line.split()}
    assert set(SETTINGS) <= set(rows)
    assert rows["num_partitions"] == ["num_partitions", "3", "partitions", "flag"]
    assert rows["fetch_max_bytes"][-1] == "default"
    assert rows["broker_rack"][1:3] == ["not", "set"]


def test_only_what_differs_from_the_defaults_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """For a quick look."""
    _, out, _ = run(capsys, {"num_partitions": 3}, only_changed=True)

    assert "num_partitions" in out
    assert "fetch_max_bytes" not in out


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs."""
    code, out, _ = run(capsys, {}, properties=TYPICAL, as_json=True)
    shown = json.loads(out)

    assert (code, shown["valid"]) == (0, True)
    assert shown["settings"]["num_partitions"] == {
        "value": "6",
        "source": str(TYPICAL),
        "kafka_name": "num.partitions",
        "unit": "partitions",
        "dynamic": "read-only",
        "without_effect": None,
    }
    assert any(note["setting"] == "num.io.threads" for note in shown["notes"])


def test_a_kafka_brokers_file_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """What was left out, each name once; with --strict that is worth an exit code."""
    code, _, err = run(capsys, {}, properties=TYPICAL)
    assert code == 0
    assert err.count("num.network.threads: has no meaning here") == 1

    assert run(capsys, {}, properties=TYPICAL, strict=True)[0] == 1
    assert run(capsys, {}, strict=True)[0] == 0


def test_everything_that_is_wrong_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing on standard output, exit code 2."""
    flags = {"num_partitions": "0", "http": "0.0.0.0:1", "listeners": ["PLAINTEXT://:1"]}
    code, out, err = run(capsys, flags)

    assert (code, out) == (2, "")
    assert "3 problems" in err
    assert all(name in err for name in ("num_partitions = 0", "http = 0.0.0.0:1", "listeners = PLAINTEXT://:1", "allow_insecure"))

    code, out, _ = run(capsys, flags, as_json=True)
    told = json.loads(out)
    assert (code, told["valid"]) == (2, False)
    assert {problem["setting"] for problem in told["problems"]} == {"num_partitions", "http", "listeners"}


def test_sensitive_values_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """A URL may hold a password."""
    _, out, _ = run(capsys, {"catalog": "sqlite:///hunter2"})

    assert "hunter2" not in out
    assert "(hidden)" in out


def test_the_command_takes_the_flags_of_serve() -> None:
    """And ends with the exit code."""
    app = typer.Typer()
    app.command()(command)
    runner = CliRunner()

    good = runner.invoke(app, ["--listener", "PLAINTEXT://127.0.0.1:0", "--http", "127.0.0.1:0", "--data-dir", "d", "--changed"])
    assert good.exit_code == 0
    assert "PLAINTEXT://127.0.0.1:0" in good.output
    assert runner.invoke(app, ["--http", "nowhere"]).exit_code == 2
    assert runner.invoke(app, ["--config", "missing.toml"]).exit_code == 2


@pytest.mark.parametrize("given", ["node.id", "broker.id"])
def test_the_id_has_its_source_under_both_its_names(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str
) -> None:
    """One setting with two names: whichever is in the file, both come from there."""
    own = tmp_path / "own.properties"
    own.write_text(f"{given}=7\n")
    _, out, _ = run(capsys, {}, properties=own, as_json=True)
    shown = json.loads(out)["settings"]

    for name in ("node_id", "broker_id"):
        assert (shown[name]["value"], shown[name]["source"]) == ("7", str(own))
