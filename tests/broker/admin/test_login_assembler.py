"""What is put together for which settings."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from broker.admin.login_assembler import assemble_logins
from broker.admin.login_keeper import LoginKeeper
from broker.admin.plain_user_keeper import UsersFileUnusable
from broker.admin.scram_accounts import ScramAccounts
from broker.admin.session_keeper import SessionKeeper
from broker.config.settings import Settings
from security.sasl.exchange import LoginRefused
from tests.security.sasl.tokens import AUDIENCE, ISSUER, NOW_S, key_list, listed, token

TOKENS = {
    "sasl_oauthbearer_jwks_endpoint_url": "https://login.example/keys",
    "sasl_oauthbearer_expected_issuer": ISSUER,
    "sasl_oauthbearer_expected_audience": AUDIENCE,
    "sasl_oauthbearer_algorithms": "RS256",
}


async def assembled(fetch: Callable[[Settings], Callable[[], Awaitable[bytes]]] | None = None, **given: Any) -> LoginKeeper:
    settings = Settings(**{"listeners": "SASL_PLAINTEXT://127.0.0.1:1", **given})
    accounts = ScramAccounts(lambda mechanism, user: None, lambda mechanism, token_id: None, b"s")
    return await assemble_logins(settings, accounts, SessionKeeper(), fetch, now_ms=lambda: NOW_S * 1000, monotonic_ms=lambda: 0)


async def test_scram_needs_nothing() -> None:
    """It is what is enabled when nothing is said; nobody has a credential at first."""
    login = (await assembled()).begin("SASL_PLAINTEXT")

    assert login is not None
    assert list(login.mechanisms) == ["SCRAM-SHA-256", "SCRAM-SHA-512"]


async def test_the_users_of_plain_are_read_at_the_start(tmp_path: Path) -> None:
    """Without them the broker does not start; where PLAIN is not enabled nobody looks for them."""
    path = tmp_path / "users"
    await assembled(sasl_plain_users_file=path)
    with pytest.raises(UsersFileUnusable):
        await assembled(sasl_enabled_mechanisms="PLAIN", sasl_plain_users_file=path)
    path.write_text("alice:wonder\n")
    login = (await assembled(sasl_enabled_mechanisms="PLAIN", sasl_plain_users_file=path)).begin("SASL_PLAINTEXT")

    assert login is not None
    login.choose("PLAIN", raw=False)
    assert login.take(b"\0alice\0wonder")[0].identity is not None


async def test_tokens_are_checked_by_what_is_set() -> None:
    """With the keys of the provider, which is asked once the broker runs, and not before."""
    asked: list[str | None] = []

    def fetch(settings: Settings) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            asked.append(settings.sasl_oauthbearer_jwks_endpoint_url)
            return key_list(listed("RS256", "k1"))

        return read

    keeper = await assembled(fetch, sasl_enabled_mechanisms="OAUTHBEARER", sasl_oauthbearer_groups_claim_name="groups", **TOKENS)
    assert asked == []
    with anyio.move_on_after(0.05):
        await keeper.run()
    assert asked == ["https://login.example/keys"]
    message = f"n,,\x01auth=Bearer {token(groups=['dev'])}\x01\x01".encode()
    login = keeper.begin("SASL_PLAINTEXT")
    assert login is not None
    login.choose("OAUTHBEARER", raw=False)
    step, lifetime_ms = login.take(message)

    assert step.identity is not None
    assert step.identity.groups == ("Group:dev",)
    assert lifetime_ms == 300_000
    other = keeper.begin("SASL_PLAINTEXT")
    assert other is not None
    other.choose("OAUTHBEARER", raw=False)
    other.take(message.replace(b"Bearer e", b"Bearer f"))
    with pytest.raises(LoginRefused):
        other.take(b"\x01")
