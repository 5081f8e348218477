"""Where logins begin, and with what."""

from typing import Any

import anyio

from broker.admin.login_keeper import LoginKeeper, bearer_exchange, exchanges
from broker.admin.session_keeper import SessionKeeper
from broker.config.settings import Settings
from security.identity import NOBODY
from security.sasl.scram_stand_in import stand_in

LISTENERS = "PLAINTEXT://127.0.0.1:1,SASL_PLAINTEXT://127.0.0.1:2,INSIDE://127.0.0.1:3"
MAP = "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,INSIDE:SASL_PLAINTEXT"


TOKENS = {
    f"listener.name.inside.oauthbearer.sasl.oauthbearer.{name}": value
    for name, value in {"jwks.endpoint.url": "https://login.example", "expected.issuer": "i", "expected.audience": "a", "algorithms": "RS256"}.items()
}


def keeper(*runs: Any, plain: bool = True, **own: Any) -> LoginKeeper:
    settings = Settings(
        listeners=LISTENERS,
        listener_security_protocol_map=MAP,
        sasl_enabled_mechanisms="SCRAM-SHA-512,PLAIN",
        sasl_plain_users_file="unused",
        listener_overrides={"listener.name.inside.sasl.enabled.mechanisms": "SCRAM-SHA-256,OAUTHBEARER", **TOKENS, "listener.name.inside.sasl.server.max.receive.size": "2000"},
    )
    begins = exchanges(
        plain_check=(lambda user, password: True) if plain else None,
        scram_find=lambda mechanism: lambda name, by_token: stand_in(b"s", mechanism, name),
        new_nonce=lambda: "n",
    )
    return LoginKeeper(settings, begins, SessionKeeper(), tuple(runs), own, monotonic_s=lambda: 0.0, now_ms=lambda: 0)


def test_only_listeners_of_sasl_ask_for_logins() -> None:
    """Each with its own mechanisms and sizes, in the order of the setting."""
    made = keeper()
    usual, inside = made.begin("SASL_PLAINTEXT"), made.begin("INSIDE")

    assert made.begin("PLAINTEXT") is None
    assert usual is not None
    assert list(usual.mechanisms) == ["SCRAM-SHA-512", "PLAIN"]
    assert inside is not None
    assert list(inside.mechanisms) == ["SCRAM-SHA-256"]
    assert (made.request_bytes_before("SASL_PLAINTEXT"), made.request_bytes_before("INSIDE")) == (65_536, 2000)


def test_what_nothing_can_be_checked_by_is_not_offered() -> None:
    """Rather than taken unchecked."""
    login = keeper(plain=False).begin("SASL_PLAINTEXT")

    assert login is not None
    assert list(login.mechanisms) == ["SCRAM-SHA-512"]


def test_a_listener_has_exchanges_of_its_own() -> None:
    """Beside those of all."""
    login = keeper(INSIDE=bearer_exchange(lambda token: NOBODY)).begin("INSIDE")

    assert login is not None
    assert list(login.mechanisms) == ["SCRAM-SHA-256", "OAUTHBEARER"]
    usual = keeper(INSIDE=bearer_exchange(lambda token: NOBODY)).begin("SASL_PLAINTEXT")
    assert usual is not None
    assert "OAUTHBEARER" not in usual.mechanisms


async def test_its_agents_run_together() -> None:
    """As long as it does."""
    started: list[str] = []

    async def agent() -> None:
        started.append("agent")
        await anyio.sleep_forever()

    with anyio.move_on_after(0.05):
        await keeper(agent, agent).run()
    assert started == ["agent", "agent"]
