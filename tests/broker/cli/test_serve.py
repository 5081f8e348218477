"""``penstock serve``."""

import re
import socket
from pathlib import Path

from tests.broker.cli.conftest import run_command
from tests.support.penstock import Penstock


def test_it_prints_where_it_is_and_stops_in_order(tmp_path: Path) -> None:
    """One line on standard output; SIGTERM ends it with 0."""
    with Penstock(tmp_path / "data") as broker:
        assert re.fullmatch(r"127\.0\.0\.1:\d+", broker.bootstrap)
        broker.terminate()


def test_two_owners_of_one_directory_are_refused(tmp_path: Path) -> None:
    """The second one says who has it."""
    with Penstock(tmp_path / "data") as broker:
        second = run_command(
            "serve", "--data-dir", str(tmp_path / "data"), "--listener", "PLAINTEXT://127.0.0.1:0", "--http", "127.0.0.1:0"
        )

        assert second.code == 1
        assert str(broker.pid) in second.err
        assert "Traceback" not in second.err


def test_a_taken_address_is_named(tmp_path: Path) -> None:
    """Of the Kafka listener and of the HTTP surface."""
    with Penstock(tmp_path / "data") as broker:
        kafka = run_command(
            "serve", "--data-dir", str(tmp_path / "other"), "--listener", f"PLAINTEXT://{broker.bootstrap}", "--http", "127.0.0.1:0"
        )
        http = run_command(
            "serve", "--data-dir", str(tmp_path / "other"), "--listener", "PLAINTEXT://127.0.0.1:0", "--http", broker.http
        )

        for result, address in ((kafka, broker.bootstrap), (http, broker.http)):
            assert result.code == 1
            assert address in result.err
            assert "Traceback" not in result.err


def test_wrong_settings_are_all_said_at_once(tmp_path: Path) -> None:
    """Exit code 2 before anything is opened."""
    config = tmp_path / "penstock.toml"
    config.write_text('num_partitions = 0\nlog_level = "loud"\n')
    result = run_command("serve", "--config", str(config), "--listener", "PLAINTEXT://0.0.0.0:9092", cwd=tmp_path)

    assert result.code == 2
    for words in ("num_partitions", "log_level", "--allow-insecure"):
        assert words in result.err
    assert not (tmp_path / "penstock-data").exists()


def test_other_engines_are_refused_clearly(tmp_path: Path) -> None:
    """Nobody should believe that they work."""
    result = run_command("serve", "--data-dir", str(tmp_path / "d"), "--catalog", "mysql://db/x", "--http", "127.0.0.1:0")

    assert result.code in (1, 2)
    assert "sqlite:///... or postgresql://..." in result.err
    assert "Traceback" not in result.err


def test_an_address_in_use_is_said_plainly(tmp_path: Path) -> None:
    """The listener and the system's words, once."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listener = f"PLAINTEXT://127.0.0.1:{taken.getsockname()[1]}"
        result = run_command("serve", "--data-dir", str(tmp_path / "data"), "--listener", listener, "--http", "127.0.0.1:0")

    assert result.code == 1
    assert f"cannot start: {listener} cannot be listened on: Address already in use\n" in result.err
