"""The structured log: one line an event, on standard error, as text for people or JSON for machines."""

import logging
import sys
from typing import Any, Final, TextIO

import structlog

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_current: dict[str, str] = {"level": "info"}


def configure(level: str = "info", style: str = "text", stream: TextIO | None = None) -> None:
    """Set up the log once, at start. ``style`` is ``text`` or ``json``. Output of foreign loggers goes the same way."""
    out = stream or sys.stderr
    _current["level"] = level
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any
    if style == "json":
        renderer = structlog.processors.JSONRenderer(default=str)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=0)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=LEVELS["warning"], force=True)


def level() -> str:
    """The level in force, one of LEVELS."""
    return _current["level"]


def set_level(level: str) -> None:
    """Log more or less from now on."""
    _current["level"] = level
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]))


def get(name: str) -> Any:
    """A logger whose lines carry ``part=name``."""
    return structlog.get_logger(part=name)


class LineLimiter:
    """Lets through at most ``burst`` lines and then ``per_second`` more of one kind, counting what it held back.

    For lines that a client can cause at will (malformed frames, refused connections): a flood of them must fill neither
    a disk nor the eyes of whoever reads.
    """

    __slots__ = ("_burst", "_per_second", "_tokens", "_updated", "held_back")

    def __init__(self, per_second: float = 1.0, burst: int = 20) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._tokens = float(burst)
        self._updated: float | None = None
        self.held_back = 0

    def take(self, now_s: float) -> int | None:
        """How many lines were held back since the last one, or None when this one must be held back too."""
        if self._updated is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._updated) * self._per_second)
        self._updated = now_s
        if self._tokens < 1.0:
            self.held_back += 1
            return None
        self._tokens -= 1.0
        held, self.held_back = self.held_back, 0
        return held
