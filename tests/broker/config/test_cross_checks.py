"""What settings must be together."""

from typing import Any

import pytest
from pydantic import ValidationError

from broker.config.settings import Settings, problems_of


def problems(**given: Any) -> list[tuple[str, str]]:
    """What is wrong, by setting, with the first words of why."""
    try:
        Settings(**given)
    except ValidationError as error:
        return [(problem.setting, problem.why) for problem in problems_of(error)]
    return []


@pytest.mark.parametrize("address", ["PLAINTEXT://:9092", "PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://[::]:1", "PLAINTEXT://broker:9092"])
def test_open_doors_are_refused_unless_allowed(address: str) -> None:
    """Without encryption and authentication, everyone who reaches the port owns the data."""
    assert [setting for setting, _ in problems(listeners=address)] == ["listeners"]
    assert problems(listeners=address, allow_insecure=True) == []


def test_the_http_surface_is_a_door_too() -> None:
    """It tells about topics and clients."""
    assert [setting for setting, _ in problems(http="0.0.0.0:9644")] == ["http"]
    assert problems(http="0.0.0.0:9644", allow_insecure=True) == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"listeners": ""}, "nothing to listen on"),
        ({"listeners": "PLAINTEXT://localhost:1,PLAINTEXT://localhost:2"}, "same name"),
        ({"listeners": "PLAINTEXT://localhost:1,SSL://localhost:1"}, "same address"),
        ({"listeners": "INSIDE://localhost:1"}, "not said what INSIDE speaks"),
        ({"listeners": "SSL://localhost:1"}, "TLS needs a key and a certificate"),
        ({"listeners": "A://localhost:1", "listener_security_protocol_map": "A:SPEEDY"}, "speaks SPEEDY"),
        ({"advertised_listeners": "OTHER://host:1"}, "no listener is named OTHER"),
        ({"advertised_listeners": "PLAINTEXT://host:1,PLAINTEXT://host:2"}, "twice"),
        ({"advertised_listeners": "PLAINTEXT://0.0.0.0:1"}, "cannot connect"),
        ({"advertised_listeners": "PLAINTEXT://host:0"}, "cannot connect"),
        ({"node_id": 1, "broker_id": 2}, "differs from node_id"),
        ({"group_consumer_session_timeout_ms": 1_000}, "it is not from 45000"),
        ({"group_consumer_heartbeat_interval_ms": 16_000}, "it is not from 5000"),
        (
            {"group_consumer_heartbeat_interval_ms": 50_000, "group_consumer_max_heartbeat_interval_ms": 50_000},
            "not below group_consumer_session_timeout_ms",
        ),
        ({"group_min_session_timeout_ms": 10, "group_max_session_timeout_ms": 5}, "above group_max_session_timeout_ms"),
        ({"log_retention_ms": 0}, "1 or more, or -1"),
        ({"log_retention_minutes": -2}, "1 or more, or -1"),
        ({"log_retention_hours": 0}, "1 or more, or -1"),
        ({"log_roll_ms": 0}, "1 or more"),
        ({"log_roll_jitter_ms": -1}, "0 or more"),
        ({"log_cleaner_min_compaction_lag_ms": 5, "log_cleaner_max_compaction_lag_ms": 4}, "above log_cleaner_max"),
        ({"catalog": "mysql://user:secret@host/db"}, "sqlite:///... or postgresql://..."),
        ({"objects": "s3://bucket"}, "file:///... can be used beside an embedded catalog"),
        ({"connection_max_bytes": 2**30, "process_max_bytes": 2**20}, "above process_max_bytes"),
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any], why: str) -> None:
    """Each with the reason."""
    assert any(why in text for _, text in problems(**given)), problems(**given)


def test_what_fits_is_taken() -> None:
    """Several listeners on free ports, by names of one's own."""
    given = {
        "listeners": "INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0",
        "listener_security_protocol_map": "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
        "advertised_listeners": "OUTSIDE://broker.example.test:443",
        "catalog": "sqlite:///x",
        "objects": "file:///y",
    }

    assert problems(**given) == []


def test_a_password_in_a_url_is_not_repeated() -> None:
    """Messages end in logs."""
    with pytest.raises(ValidationError) as caught:
        Settings(catalog="postgresql://user:secret@host/db")

    assert "secret" not in "".join(map(str, problems_of(caught.value)))
