"""What is put together for which settings."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from broker.admin.login_assembler import TokenProvider, assemble_logins, provider_on
from broker.admin.login_keeper import LoginKeeper
from broker.admin.plain_user_keeper import UsersFileUnusable
from broker.admin.scram_accounts import ScramAccounts
from broker.admin.session_keeper import SessionKeeper
from broker.config.settings import SETTINGS, Settings
from security.sasl.exchange import LoginRefused
from tests.security.sasl.tokens import AUDIENCE, ISSUER, NOW_S, key_list, listed, token

TOKENS = {
    "sasl_oauthbearer_jwks_endpoint_url": "https://login.example/keys",
    "sasl_oauthbearer_expected_issuer": ISSUER,
    "sasl_oauthbearer_expected_audience": AUDIENCE,
    "sasl_oauthbearer_algorithms": "RS256",
}


async def assembled(fetch: Callable[[TokenProvider], Callable[[], Awaitable[bytes]]] | None = None, **given: Any) -> LoginKeeper:
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

    def fetch(provider: TokenProvider) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            asked.append(provider.jwks_endpoint_url)
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


async def test_listeners_may_take_tokens_of_different_providers() -> None:
    """Each only those of its own; those that want the same share the keys."""
    asked: list[str | None] = []

    def fetch(provider: TokenProvider) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            asked.append(provider.jwks_endpoint_url)
            return key_list(listed("RS256", "k1", 1 if provider.expected_issuer == "https://other.example" else 0))

        return read

    names = ("A", "B", "OTHER")
    keeper = await assembled(
        fetch,
        listeners=",".join(f"{name}://127.0.0.1:{number}" for number, name in enumerate(names, 1)),
        listener_security_protocol_map=",".join(f"{name}:SASL_PLAINTEXT" for name in names),
        sasl_enabled_mechanisms="OAUTHBEARER",
        listener_overrides={
            "listener.name.other.oauthbearer.sasl.oauthbearer.expected.issuer": "https://other.example",
            "listener.name.other.sasl.oauthbearer.jwks.endpoint.url": "https://other.example/keys",
        },
        **TOKENS,
    )
    with anyio.move_on_after(0.05):
        await keeper.run()
    assert sorted(map(str, asked)) == ["https://login.example/keys", "https://other.example/keys"]

    def taken(listener: str, bearer: str) -> bool:
        login = keeper.begin(listener)
        assert login is not None
        login.choose("OAUTHBEARER", raw=False)
        step, _ = login.take(f"n,,\x01auth=Bearer {bearer}\x01\x01".encode())
        return step.identity is not None

    ours, others, forged = token(), token(number=1, iss="https://other.example"), token(iss="https://other.example")
    assert [[taken(name, bearer) for bearer in (ours, others, forged)] for name in names] == [
        [True, False, False],
        [True, False, False],
        [False, True, False],
    ]


def test_everything_about_tokens_may_differ() -> None:
    """No setting is left that would count everywhere."""
    names = {name for name in Settings.model_fields if name.startswith("sasl_oauthbearer_")}

    assert names == {f"sasl_oauthbearer_{name}" for name in TokenProvider.__slots__}
    assert all(SETTINGS[name].per_listener for name in names)
    assert provider_on(Settings(), "any").algorithms == ()
