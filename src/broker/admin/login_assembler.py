"""Puts together what clients' logins need, as far as the settings enable it: nothing is read, and no agent runs, for a mechanism that is not."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from broker.admin.login_keeper import LoginKeeper, exchanges
from broker.admin.plain_user_keeper import PlainUserKeeper
from broker.admin.scram_accounts import ScramAccounts
from broker.admin.session_keeper import SessionKeeper
from broker.config.sasl_checks import enabled_mechanisms
from broker.config.settings import Settings
from security.identity import Identity
from security.sasl import oauth_bearer, plain

STAND_IN_SECRET: Final = "scram.stand.in.secret"  # noqa: S105 - the name of one
"""Where the catalog keeps what the salts of users that are not there are made from."""

FetchKeys = Callable[[Settings], Callable[[], Awaitable[bytes]]]
"""Makes the reader of an identity provider's keys; what that raises is KeysNotRead."""


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
    bearer_read: Callable[[str], Identity] | None = None
    if plain.NAME in enabled and settings.sasl_plain_users_file is not None:
        path = settings.sasl_plain_users_file
        users = PlainUserKeeper(path, path.read_bytes, secrets.token_bytes(32), sessions.revoke, now_ms)
        await users.load()
        runs.append(users.run)
        plain_check = users.check
    if oauth_bearer.NAME in enabled and fetch_keys is not None:
        # Cryptography takes a while to be imported, and only this needs it.
        from broker.admin.key_set_keeper import KeySetKeeper
        from security.sasl.web_token import TokenRules

        assert settings.sasl_oauthbearer_expected_issuer is not None, "checked with the settings"
        keys = KeySetKeeper(
            TokenRules(
                issuer=settings.sasl_oauthbearer_expected_issuer,
                audiences=settings.sasl_oauthbearer_expected_audience,
                algorithms=settings.sasl_oauthbearer_algorithms,
                skew_s=settings.sasl_oauthbearer_clock_skew_seconds,
                subject_claim=settings.sasl_oauthbearer_sub_claim_name,
                scope_claim=settings.sasl_oauthbearer_scope_claim_name,
                required_scopes=settings.sasl_oauthbearer_required_scopes,
                groups_claim=settings.sasl_oauthbearer_groups_claim_name,
            ),
            fetch_keys(settings),
            sessions.revoke,
            now_ms,
            refresh_s=settings.sasl_oauthbearer_jwks_endpoint_refresh_ms / 1000,
            retry_s=settings.sasl_oauthbearer_jwks_endpoint_retry_backoff_ms / 1000,
            retry_max_s=settings.sasl_oauthbearer_jwks_endpoint_retry_backoff_max_ms / 1000,
        )
        runs.append(keys.run)
        bearer_read = keys.read
    begins = exchanges(
        plain_check=plain_check, scram_find=accounts.of, bearer_read=bearer_read, new_nonce=lambda: secrets.token_urlsafe(24)
    )
    return LoginKeeper(settings, begins, sessions, tuple(runs), monotonic_s=lambda: monotonic_ms() / 1000, now_ms=now_ms)
