"""LoginKeeper: begins the logins of connections, and owns the agents that what they are checked against comes from."""

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final

import anyio

from broker.admin.session_keeper import SessionKeeper
from broker.config.sasl_checks import SASL_PROTOCOLS
from broker.config.settings import Settings
from security.identity import Identity
from security.sasl import oauth_bearer, plain
from security.sasl.exchange import Exchange
from security.sasl.login import Login
from security.sasl.scram import HASHES, Find, ScramExchange


class LoginKeeper:
    """``begins`` start an exchange of a mechanism each; those that nothing can be checked by are not among them. ``own`` are those of single listeners.
    ``runs`` are its agents."""

    def __init__(
        self,
        settings: Settings,
        begins: Mapping[str, Callable[[], Exchange]],
        sessions: SessionKeeper,
        runs: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (),
        own: Mapping[str, Mapping[str, Callable[[], Exchange]]] | None = None,
        *,
        monotonic_s: Callable[[], float],
        now_ms: Callable[[], int],
    ) -> None:
        self.sessions: Final = sessions
        self._settings = settings
        self._begins = begins
        self._own = own or {}
        self._runs = runs
        self._monotonic_s = monotonic_s
        self._now_ms = now_ms

    def begin(self, listener: str) -> Login | None:
        """A new connection's login; None where clients do not log in by SASL."""
        settings = self._settings
        if settings.listener_security_protocol_map.get(listener) not in SASL_PROTOCOLS:
            return None
        enabled = settings.on_listener(listener, "sasl_enabled_mechanisms")
        begins = {**self._begins, **self._own.get(listener, {})}
        return Login(
            {name: begins[name] for name in enabled if name in begins},
            max_session_ms=lambda mechanism: settings.on_listener(listener, "connections_max_reauth_ms", mechanism),
            monotonic_s=self._monotonic_s,
            now_ms=self._now_ms,
            patience_s=settings.authentication_timeout_ms / 1000,
        )

    def request_bytes_before(self, listener: str) -> int:
        """How large a request may be of a client that has not logged in."""
        limit: int = self._settings.on_listener(listener, "sasl_server_max_receive_size")
        return limit

    async def run(self) -> None:
        """Have the agents running. Runs until cancelled."""
        async with anyio.create_task_group() as tasks:
            for run in self._runs:
                tasks.start_soon(run)


def exchanges(
    *,
    plain_check: Callable[[str, str], bool] | None,
    scram_find: Callable[[str], Find],
    new_nonce: Callable[[], str],
) -> dict[str, Callable[[], Exchange]]:
    """How each mechanism begins; None: there is nothing to check by."""
    begins: dict[str, Callable[[], Exchange]] = {
        name: partial(_scram, name, scram_find(name), new_nonce) for name in HASHES
    }
    if plain_check is not None:
        begins[plain.NAME] = partial(plain.PlainExchange, plain_check)
    return begins


def bearer_exchange(read: Callable[[str], Identity]) -> dict[str, Callable[[], Exchange]]:
    """The same for tokens; what they are checked by may differ from listener to listener."""
    return {oauth_bearer.NAME: partial(oauth_bearer.BearerExchange, read)}


def _scram(mechanism: str, find: Find, new_nonce: Callable[[], str]) -> Exchange:
    return ScramExchange(mechanism, find, new_nonce())
