"""How the client commands reach a broker."""

from pathlib import Path

import pytest

from broker.cli.client import client_properties, parse_assignments, read_properties
from broker.cli.failure import CommandFailed


def test_the_files_properties_win_over_ours_and_lose_to_the_commands(tmp_path: Path) -> None:
    """A person's file decides, but cannot break what a command promises."""
    file = tmp_path / "client.properties"
    file.write_text("# comment\nbootstrap.servers = other:1\n\nacks=0\nsasl.password=a=b\n")
    properties = client_properties("here:9092", file, acks="all")

    assert (properties["bootstrap.servers"], properties["acks"], properties["sasl.password"]) == ("other:1", "all", "a=b")


@pytest.mark.parametrize("text", ["sasl.password s3cret\n", "=s3cret\n"])
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    """File and line number, and nothing of what is in it."""
    file = tmp_path / "client.properties"
    file.write_text(text)
    with pytest.raises(CommandFailed, match=":1:") as caught:
        read_properties(file)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(CommandFailed, match="cannot read"):
        read_properties(tmp_path / "none")


def test_assignments() -> None:
    """NAME=VALUE, the value may hold an equals sign or nothing."""
    assert parse_assignments(["a=1", "b=x=y", "c="], "--config") == {"a": "1", "b": "x=y", "c": ""}
    with pytest.raises(CommandFailed, match="--config expects"):
        parse_assignments(["a"], "--config")
