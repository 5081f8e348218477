"""The structured log."""

import io
import json
import logging

from observability import logs


def test_json_lines_carry_level_time_and_fields() -> None:
    """A machine can read every line, ours and those of libraries."""
    out = io.StringIO()
    logs.configure("info", "json", out)
    logs.get("listener").info("serving", port=9092)
    logs.get("listener").debug("not shown")
    logging.getLogger("library").warning("hello")
    logs.configure("info", "text", io.StringIO())
    first, second = map(json.loads, out.getvalue().splitlines())

    assert (first["event"], first["port"], first["level"], first["part"]) == ("serving", 9092, "info", "listener")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"]) == ("hello", "warning")


def test_a_flood_of_lines_is_held_back_and_counted() -> None:
    """The first ones pass, then a trickle that says how many are missing."""
    limiter = logs.LineLimiter(per_second=1.0, burst=3)

    assert [limiter.take(0.0) for _ in range(5)] == [0, 0, 0, None, None]
    assert limiter.take(0.5) is None
    assert limiter.take(1.5) == 3
    assert limiter.take(100.0) == 0


def test_the_level_can_change_while_running() -> None:
    """Loggers that were made before follow."""
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    logger = logs.get("x")
    logger.debug("first")
    logs.set_level("debug")
    logger.debug("second")

    assert logs.level() == "debug"
    assert "first" not in stream.getvalue()
    assert "second" in stream.getvalue()
    logs.configure()
