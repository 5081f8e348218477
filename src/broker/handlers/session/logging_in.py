"""What SaslHandshake, SaslAuthenticate and tokens without a header have in common: what is counted and told of a login, and how one fails."""

from typing import Any, Final, NoReturn

import anyio

from broker.handlers.base import CloseConnection, ConnectionInfo, LastAnswer, Services
from observability.metrics import LOGINS
from security.audit.event import AuditEvent, EventKind
from security.principal import ANONYMOUS
from security.sasl.exchange import LoginRefused, Step
from security.sasl.login import Login

_USER_SHOWN: Final = 100


def take_token(token: bytes, login: Login, connection: ConnectionInfo, services: Services) -> tuple[Step, int]:
    """The client's token: what is answered, and how long the session holds in ms. Raises LoginRefused."""
    again = login.again
    try:
        step, lifetime_ms = login.take(token)
    except LoginRefused as refusal:
        LOGINS.labels(login.mechanism or "none", "failure").inc()
        _record(login, again, connection, services, refusal)
        raise
    if step.identity is not None:
        LOGINS.labels(login.mechanism, "success").inc()
        _record(login, again, connection, services, None)
    return step, lifetime_ms


def _record(
    login: Login, again: bool, connection: ConnectionInfo, services: Services, refusal: LoginRefused | None
) -> None:
    principal = login.identity.principal if login.identity is not None else ANONYMOUS
    if not services.audit.wants(EventKind.AUTHENTICATION, principal):
        return
    details: dict[str, Any] = {"mechanism": login.mechanism}
    if refusal is not None:
        details |= {"reason": str(refusal), "user": shown(refusal.user)}
    elif login.identity is not None:
        details |= {"credential": login.identity.credential, "groups": list(login.identity.groups)}
    services.audit.record(
        AuditEvent(
            kind=EventKind.AUTHENTICATION,
            action="login again" if again else "login",
            outcome="success" if refusal is None else "failure",
            principal=principal,
            peer=connection.peer,
            listener=connection.listener,
            connection_id=connection.connection_id,
            details=details,
        )
    )


def shown(user: str) -> str:
    """A name that a client gave itself, fit for a log: short, and of printable characters."""
    short = user if len(user) <= _USER_SHOWN else user[:_USER_SHOWN] + "..."
    return "".join(letter if letter.isprintable() else "?" for letter in short)


def why(login: Login, refusal: LoginRefused) -> str:
    """The line of the log."""
    user = f" as {shown(refusal.user)!r}" if refusal.user else ""
    return f"it could not log in{user} by {login.mechanism or 'no mechanism'}: {refusal}"


async def fail(reason: str, response: Any, services: Services) -> NoReturn:
    """Answer a little later, so that guessing takes its time, and close."""
    await _wait(services)
    raise LastAnswer(reason, response)


async def take_raw_token(frame: memoryview, connection: ConnectionInfo, services: Services) -> bytes:
    """A token that came without a header. A login that fails is not answered. Raises CloseConnection."""
    login = connection.login
    assert login is not None
    try:
        return take_token(bytes(frame), login, connection, services)[0].token
    except LoginRefused as refusal:
        reason = why(login, refusal)
    await _wait(services)
    raise LoginFailed(reason)


class LoginFailed(CloseConnection):
    """A login failed that has no form for saying so."""

    kind = "login"


async def _wait(services: Services) -> None:
    await anyio.sleep(services.settings.current.connection_failed_authentication_delay_ms / 1000)
