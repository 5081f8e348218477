"""How the client commands reach a broker: librdkafka, its properties, and its errors in words."""

import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from broker.cli.failure import FAILED, UNREACHABLE, USAGE, CommandFailed
from broker.cli.rights import Right, advice

TIMEOUT_S: Final = 15.0
GIVE_UP_S: Final = 3.0
"""How long a broker that refuses connections is tried: enough for one that is being restarted, not for a wrong address."""
REFUSED_S: Final = 1.0
"""After so long it is asked whether the broker refused the client, which it will do again."""

Bootstrap = Annotated[
    str, typer.Option("--bootstrap", "-b", envvar="PENSTOCK_BOOTSTRAP", metavar="HOST:PORT", help="Broker to start from.")
]
ClientConfig = Annotated[
    Path | None, typer.Option("--client-config", metavar="FILE", help="librdkafka properties, one key=value a line.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]

DEFAULT_BOOTSTRAP: Final = "127.0.0.1:9092"

_ALL_DOWN: Final = "brokers are down"
T = TypeVar("T")

_client_errors: deque[str] = deque(maxlen=32)
"""What the clients of this process said went wrong beneath their answers: why a connection failed, for one."""


def client_properties(bootstrap: str, client_config: Path | None, **own: Any) -> dict[str, Any]:
    """librdkafka's properties: ours below, the file's above, the command's own on top."""
    properties: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "client.id": "penstock-cli",
        "log_level": 0,
        "enable.metrics.push": False,  # a command is over before anybody could look at its metrics
        "error_cb": lambda error: _client_errors.append(error.str()),
        "socket.timeout.ms": int(TIMEOUT_S * 1000),
    }
    if client_config is not None:
        properties |= read_properties(client_config)
    return properties | own


def read_properties(path: Path) -> dict[str, str]:
    """``key=value`` lines; blank lines and those that begin with # or ! say nothing."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CommandFailed(f"cannot read {path}: {why}", USAGE) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#!":
            continue
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            # What stands there instead may be a password.
            raise CommandFailed(f"{path}:{number}: expected key=value, and there is no key and = in this line", USAGE)
        found[key.strip()] = value.strip()
    return found


def make(kind: Callable[[dict[str, Any]], T], properties: dict[str, Any]) -> T:
    """A librdkafka client; a property it does not accept is a usage error."""
    from confluent_kafka import KafkaException

    try:
        return kind(properties)
    except KafkaException as error:
        raise CommandFailed(f"the client's settings are not accepted: {error.args[0].str()}", USAGE) from error


def check_reachable(client: Any, bootstrap: str, topic: str | None = None) -> Any:
    """The metadata of the cluster, or of one topic in it; or a message that says what to try.

    A producer that asks for one topic lets the broker create it, if the broker does such a thing.
    """
    from confluent_kafka import KafkaException

    for wait_s in (REFUSED_S, GIVE_UP_S - REFUSED_S):
        try:
            return client.list_topics(topic, timeout=wait_s)
        except KafkaException as error:
            reason = _why_unreachable(client)
            if reason is not None and (wait_s != REFUSED_S or "SASL" in reason or "SSL" in reason):
                raise _no_connection(bootstrap, reason) from error
    # One that is slow is waited for; by one that hangs up one is hung up on again.
    longer_s = GIVE_UP_S if any(text.endswith(_ALL_DOWN) for text in _client_errors) else TIMEOUT_S - GIVE_UP_S
    try:
        return client.list_topics(topic, timeout=longer_s)
    except KafkaException as error:
        reason = _why_unreachable(client)
        if reason is not None:
            raise _no_connection(bootstrap, reason) from error
        # Somebody listens there, and hangs up.
        raise CommandFailed(
            f"{bootstrap} does not answer as a broker does ({explain(error.args[0])}). If it expects TLS or a login, say so with --client-config FILE: "
            "security.protocol, and what belongs to it.",
            UNREACHABLE,
        ) from error


def _why_unreachable(client: Any) -> str | None:
    """The client's last word on why no connection came about; None when it did not say."""
    client.poll(0)
    reasons = [text for text in _client_errors if not text.endswith(_ALL_DOWN)]
    return reasons[-1].partition(" (after ")[0] if reasons else None


def _no_connection(bootstrap: str, reason: str) -> CommandFailed:
    """Why the client's library has none, and what to look at."""
    reason = re.sub(r"^\S+/(?:bootstrap|\d+): ", "", reason)  # which of the brokers said so
    if reason.startswith("SASL"):
        return CommandFailed(f"{bootstrap} does not let this client in ({reason}). Look at the sasl.* properties in the file of --client-config.")
    if "SSL" in reason:
        text = f"no TLS connection to {bootstrap} ({reason}). Look at the ssl.* properties in the file of --client-config."
        return CommandFailed(text, UNREACHABLE)
    return unreachable(bootstrap, reason)


def unreachable(bootstrap: str, reason: str) -> CommandFailed:
    """No broker answers; what can be done about it."""
    return CommandFailed(
        f"no broker answers at {bootstrap} ({reason}). Start one with `penstock serve`, or name another with --bootstrap.",
        UNREACHABLE,
    )


def result(future: "Future[T]", what: str, needs: Right | None = None) -> T:
    """The outcome of an admin request, or why it was refused; ``needs`` is the right that it takes."""
    from confluent_kafka import KafkaException

    try:
        return future.result(timeout=TIMEOUT_S * 2)
    except KafkaException as error:
        raise CommandFailed(f"{what}: {explain(error.args[0], needs)}") from error
    except TimeoutError as error:
        raise CommandFailed(f"{what}: no answer within {TIMEOUT_S * 2:.0f} s", UNREACHABLE) from error


def explain(error: Any, needs: Right | None = None) -> str:
    """A KafkaError in words, with its name to look up, and what was missing where that was a right."""
    name, text = error.name(), error.str()
    return (text if name in text else f"{text} ({name})") + advice(name, needs)


def parse_assignments(items: list[str], option: str) -> dict[str, str]:
    """``key=value`` options as a mapping."""
    found: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise CommandFailed(f"{option} expects NAME=VALUE, found {item!r}", USAGE)
        found[key] = value
    return found


__all__ = [
    "DEFAULT_BOOTSTRAP",
    "FAILED",
    "TIMEOUT_S",
    "AsJson",
    "Bootstrap",
    "ClientConfig",
    "check_reachable",
    "client_properties",
    "explain",
    "make",
    "parse_assignments",
    "read_properties",
    "result",
    "unreachable",
]
