"""Where settings come from, one source at a time."""

from pathlib import Path

import pytest

from broker.config.settings import SETTINGS
from broker.config.sources import Layer, read_layers


def read(
    tmp_path: Path, *, toml: str | bytes | None = None, properties: str | None = None, environ: dict[str, str] | None = None
) -> tuple[list[Layer], list[str], list[str]]:
    """The layers, what was wrong, and what is worth knowing, the last two as text."""
    files: dict[str, Path | None] = {"config_file": None, "properties_file": None}
    if toml is not None:
        files["config_file"] = tmp_path / "p.toml"
        (tmp_path / "p.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
    if properties is not None:
        files["properties_file"] = tmp_path / "server.properties"
        (tmp_path / "server.properties").write_text(properties)
    layers, problems, notes = read_layers(SETTINGS.values(), {}, environ or {}, **files)
    return layers, [str(problem) for problem in problems], [str(note) for note in notes]


def test_flags_that_were_not_given_are_left_out() -> None:
    """None is no value."""
    layers, _, _ = read_layers(SETTINGS.values(), {"http": None, "data_dir": "x"}, {}, config_file=None, properties_file=None)

    assert layers[0] == Layer("flag", {"data_dir": "x"})


def test_the_environment_is_read_by_prefix(tmp_path: Path) -> None:
    """Two underscores count as one; other programs' variables with the prefix are left alone."""
    layers, problems, notes = read(
        tmp_path,
        environ={
            "PENSTOCK_NUM_PARTITIONS": "3",
            "PENSTOCK_LOG__RETENTION_MS": "5",
            "penstock_http": ":1",
            "PENSTOCK_BOOTSTRAP": "x",
            "PENSTOCK_NUM_PARTITION": "3",
            "NUM_PARTITIONS": "4",
        },
    )

    assert layers[1].values == {"num_partitions": "3", "log_retention_ms": "5", "http": ":1"}
    assert layers[1].sources["http"] == "environment variable penstock_http"
    assert notes == ["PENSTOCK_NUM_PARTITION: no setting has this name; did you mean num_partitions?"]
    assert not problems


def test_files_can_be_named_by_the_environment(tmp_path: Path) -> None:
    """For containers, where flags are awkward."""
    (tmp_path / "a.toml").write_text("num_partitions = 2")
    (tmp_path / "b.properties").write_text("num.partitions=3")

    layers, _, _ = read(
        tmp_path, environ={"PENSTOCK_CONFIG": str(tmp_path / "a.toml"), "PENSTOCK_PROPERTIES": str(tmp_path / "b.properties")}
    )

    assert [layer.values for layer in layers] == [{}, {}, {"num_partitions": "3"}, {"num_partitions": 2}]


def test_names_in_toml_may_be_written_in_three_ways(tmp_path: Path) -> None:
    """Underscores, dots, tables."""
    layers, problems, _ = read(
        tmp_path,
        toml='num_partitions = 2\n"fetch.max.bytes" = 4096\nmessage.max-bytes = 3\n[log]\nretention.ms = 5\nsegment_bytes = 6\n'
        '[listener_security_protocol_map]\nA = "PLAINTEXT"\n',
    )

    assert not problems
    assert layers[-1].values == {
        "num_partitions": 2,
        "fetch_max_bytes": 4096,
        "message_max_bytes": 3,
        "log_retention_ms": 5,
        "log_segment_bytes": 6,
        "listener_security_protocol_map": {"A": "PLAINTEXT"},
    }


def test_an_unknown_name_in_our_own_file_is_a_problem(tmp_path: Path) -> None:
    """A slip there would otherwise go unnoticed."""
    _, problems, _ = read(tmp_path, toml="num_partition = 2\nqqq = 1")

    assert "Did you mean num_partitions?" in problems[0]
    assert "qqq = 1" in problems[1]


@pytest.mark.parametrize("content", ["a = ", b"\xff\xfe", "a." * 3000 + "b = 1", "[" * 2000])
def test_a_broken_toml_file_is_a_problem(tmp_path: Path, content: str | bytes) -> None:
    """And never a traceback."""
    _, problems, _ = read(tmp_path, toml=content)

    assert len(problems) >= 1


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """Missing, a directory, or too large."""
    large = tmp_path / "large"
    large.write_bytes(b"#" * 2_000_000)
    for path in (tmp_path / "missing", tmp_path, large):
        _, problems, _ = read_layers(SETTINGS.values(), {}, {}, config_file=path, properties_file=path)
        assert [problem.setting for problem in problems] == ["properties", "config"]


def test_a_broken_properties_file_is_a_problem(tmp_path: Path) -> None:
    """With its line."""
    _, problems, _ = read(tmp_path, properties="a=1\nb=\\u1")

    assert "line 2" in problems[0]


def test_a_kafka_brokers_data_is_not_touched(tmp_path: Path) -> None:
    """Its files cannot be read, and must not be mixed with ours."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1")

    _, problems, _ = read(tmp_path, properties=f"log.dirs={tmp_path / 'data'}")
    assert "Kafka broker" in problems[0]

    _, problems, _ = read(tmp_path, properties=f"log.dirs={tmp_path / 'data'}", environ={"PENSTOCK_DATA_DIR": "elsewhere"})
    assert not problems


def test_penstock_toml_is_found_where_the_broker_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another file is named."""
    monkeypatch.chdir(tmp_path)
    assert len(read(tmp_path)[0]) == 2
    (tmp_path / "penstock.toml").write_text("num_partitions = 7")
    assert read(tmp_path)[0][-1].values == {"num_partitions": 7}
    assert read(tmp_path, toml="")[0][-1].values == {}
