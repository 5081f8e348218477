"""All sources together."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config.load import SettingsInvalid, load

TYPICAL = Path(__file__).with_name("server.properties")


def test_the_strongest_source_counts(tmp_path: Path) -> None:
    """Flags, environment, properties, penstock.toml, defaults."""
    toml = tmp_path / "penstock.toml"
    toml.write_text('num_partitions = 1\nlog_retention_hours = 1\nlog_level = "error"\noffset_metadata_max_bytes = 1\n')
    environ = {"PENSTOCK_NUM_PARTITIONS": "3", "PENSTOCK_LOG_LEVEL": "info"}

    loaded = load({"num_partitions": "4"}, config=toml, properties=TYPICAL, environ=environ)
    settings = loaded.settings

    found = (settings.num_partitions, settings.log_level, settings.log_retention_hours, settings.offset_metadata_max_bytes)
    assert found == (4, "info", 72, 1)
    assert [settings.source_of(name) for name in ("num_partitions", "log_level", "log_retention_hours", "fetch_max_bytes")] == [
        "flag",
        "environment variable PENSTOCK_LOG_LEVEL",
        str(TYPICAL),
        "default",
    ]
    assert any(note.setting == "num.io.threads" for note in loaded.notes)


def test_a_typical_kafka_file_starts_a_broker() -> None:
    """As it is, on loopback; nothing else is needed."""
    settings = load(properties=TYPICAL, environ={}).settings

    assert settings.node_id == 4
    assert [str(listener) for listener in settings.listeners] == ["PLAINTEXT://127.0.0.1:9092"]
    assert settings.data_dir == Path("/var/lib/kafka/data")


def test_every_problem_is_found_at_once(tmp_path: Path) -> None:
    """Wrong values, wrong combinations, unknown names, from every source."""
    toml = tmp_path / "p.toml"
    toml.write_text("num_partition = 2\nqueued_max_requests = 0")
    properties = tmp_path / "s.properties"
    properties.write_text("log.retention.ms=never\nlisteners=PLAINTEXT://:9092\n")

    with pytest.raises(SettingsInvalid) as caught:
        load({"http": "nowhere"}, config=toml, properties=properties, environ={"PENSTOCK_NODE_ID": "-3"})

    assert {problem.setting for problem in caught.value.problems} == {
        "num_partition",
        "queued_max_requests",
        "log_retention_ms",
        "listeners",
        "http",
        "node_id",
    }
    assert all(problem.fix for problem in caught.value.problems)
    assert all(problem.source for problem in caught.value.problems)


def test_the_process_environment_is_read_when_no_other_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This is what serve does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENSTOCK_NUM_PARTITIONS", "5")

    assert load().settings.num_partitions == 5


@given(st.dictionaries(st.sampled_from(["NUM_PARTITIONS", "HTTP", "LISTENERS", "DATA_DIR", "LOG_FORMAT"]), st.text(max_size=30)))
def test_any_environment_gives_settings_or_problems(environ: dict[str, str]) -> None:
    """Nothing else is raised, whatever it holds."""
    problems = None
    try:
        load(environ={f"PENSTOCK_{name}": value for name, value in environ.items()})
    except SettingsInvalid as error:
        problems = error.problems
    assert problems is None or problems
