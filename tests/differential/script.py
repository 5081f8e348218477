"""What a script is: a function that talks to one broker through a :class:`Stage` and records the answers by step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.differential.raw_client import RawClient


@dataclass
class Stage:
    """One run of a script at one version against one broker. ``prefix`` makes topic and group names of this run its own."""

    bootstrap: str
    version: int
    prefix: str
    steps: list[tuple[str, Any]] = field(default_factory=list)
    failure: Exception | None = None
    settlings: int = 0
    _clients: list[RawClient] = field(default_factory=list)

    def client(self, client_id: str | None = "differential") -> RawClient:
        """A connection of its own, closed when the script ends."""
        client = RawClient(self.bootstrap, client_id)
        self._clients.append(client)
        return client

    def record(self, step: str, answer: Any) -> Any:
        """Keep an answer to be compared; returns it."""
        self.steps.append((step, answer))
        return answer

    def name(self, suffix: str) -> str:
        return f"{self.prefix}-{suffix}"

    def close(self) -> None:
        for client in self._clients:
            client.close()


@dataclass(frozen=True)
class Script:
    """``key`` is the API that the script is about; it runs at each of ``versions``."""

    name: str
    key: int
    versions: range
    run: Callable[[Stage], None]


SCRIPTS: list[Script] = []


def script(key: int, versions: range) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Register a script under its function's name."""

    def register(run: Callable[[Stage], None]) -> Callable[[Stage], None]:
        SCRIPTS.append(Script(run.__name__, key, versions, run))
        return run

    return register
