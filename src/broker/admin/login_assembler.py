"""Puts together what clients' logins need, as far as the settings enable it: nothing is read, and no agent runs, for a mechanism that is not."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from broker.admin.login_keeper import LoginKeeper, bearer_exchange, exchanges
from broker.admin.plain_user_keeper import PlainUserKeeper
from broker.admin.scram_accounts import ScramAccounts
from broker.admin.session_keeper import SessionKeeper
from broker.config.sasl_checks import enabled_mechanisms, takes_tokens
from broker.config.settings import Settings
from security.sasl import oauth_bearer, plain
from security.sasl.exchange import Exchange

if TYPE_CHECKING:
    from broker.admin.key_set_keeper import KeySetKeeper

STAND_IN_SECRET: Final = "scram.stand.in.secret"  # noqa: S105 - the name of one
"""Where the catalog keeps what the salts of users that are not there are made from."""



@dataclass(frozen=True, slots=True)
class TokenProvider:
    """What is set about the tokens of an identity provider: each field is that setting (``sasl_oauthbearer_...``)."""

    jwks_endpoint_url: str | None
    jwks_ca_file: Path | None
    jwks_allow_http: bool
    jwks_endpoint_refresh_ms: int
    jwks_endpoint_retry_backoff_ms: int
    jwks_endpoint_retry_backoff_max_ms: int
    expected_issuer: str | None
    expected_audience: tuple[str, ...]
    algorithms: tuple[str, ...]
    clock_skew_seconds: int
    sub_claim_name: str
    scope_claim_name: str
    required_scopes: tuple[str, ...]
    groups_claim_name: str | None


FetchKeys = Callable[[TokenProvider], Callable[[], Awaitable[bytes]]]
"""Makes the reader of an identity provider's keys; what that raises is KeysNotRead."""


def provider_on(settings: Settings, listener: str) -> TokenProvider:
    """The one whose tokens are taken on a listener."""
    names = (field.name for field in fields(TokenProvider))
    return TokenProvider(**{name: settings.on_listener(listener, f"sasl_oauthbearer_{name}", oauth_bearer.NAME) for name in names})



async def assemble_logins(
    settings: Settings,
    accounts: ScramAccounts,
    sessions: SessionKeeper,
    fetch_keys: FetchKeys | None,
    *,
    now_ms: Callable[[], int],
    monotonic_ms: Callable[[], int],
) -> LoginKeeper:
    """Raises UsersFileUnusable when the users of PLAIN cannot be read; that the identity provider cannot be is no reason not to start."""
    enabled = enabled_mechanisms(settings)
    runs: list[Callable[[], Coroutine[Any, Any, None]]] = []
    plain_check: Callable[[str, str], bool] | None = None
    if plain.NAME in enabled and settings.sasl_plain_users_file is not None:
        path = settings.sasl_plain_users_file
        users = PlainUserKeeper(path, path.read_bytes, secrets.token_bytes(32), sessions.revoke, now_ms)
        await users.load()
        runs.append(users.run)
        plain_check = users.check
    own: dict[str, dict[str, Callable[[], Exchange]]] = {}
    if fetch_keys is not None and (listeners := takes_tokens(settings)):
        providers = {listener: provider_on(settings, listener) for listener in listeners}
        everybodys = provider_on(settings, "")
        keepers: dict[TokenProvider, KeySetKeeper] = {}
        for listener, provider in providers.items():
            # Listeners of which the same is wanted share what is known of the keys.
            if provider not in keepers:
                name = "keys" if provider == everybodys else f"keys {listener}"
                keepers[provider] = _keys_of(provider, fetch_keys, sessions, now_ms, name)
                runs.append(keepers[provider].run)
            own[listener] = bearer_exchange(keepers[provider].read)
    begins = exchanges(plain_check=plain_check, scram_find=accounts.of, new_nonce=lambda: secrets.token_urlsafe(24))
    return LoginKeeper(settings, begins, sessions, tuple(runs), own, monotonic_s=lambda: monotonic_ms() / 1000, now_ms=now_ms)


def _keys_of(provider: TokenProvider, fetch_keys: FetchKeys, sessions: SessionKeeper, now_ms: Callable[[], int], name: str) -> "KeySetKeeper":
    # Cryptography takes a while to be imported, and only this needs it.
    from broker.admin.key_set_keeper import KeySetKeeper
    from security.sasl.web_token import TokenRules

    assert provider.expected_issuer is not None, "checked with the settings"
    return KeySetKeeper(
        TokenRules(
            issuer=provider.expected_issuer,
            audiences=provider.expected_audience,
            algorithms=provider.algorithms,
            skew_s=provider.clock_skew_seconds,
            subject_claim=provider.sub_claim_name,
            scope_claim=provider.scope_claim_name,
            required_scopes=provider.required_scopes,
            groups_claim=provider.groups_claim_name,
        ),
        fetch_keys(provider),
        sessions.revoke,
        now_ms,
        refresh_s=provider.jwks_endpoint_refresh_ms / 1000,
        retry_s=provider.jwks_endpoint_retry_backoff_ms / 1000,
        retry_max_s=provider.jwks_endpoint_retry_backoff_max_ms / 1000,
        name=name,
    )
