"""TokenKeeper: the delegation tokens there are (KIP-48): making, renewing and ending them, logging in by them, removing those that have ended."""

import secrets
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from broker.admin.access_register import AccessRegister
from broker.config.access_settings import delegation_tokens_are_on
from broker.errors import BrokerError
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.wire.error_codes import ErrorCode
from observability import logs
from security.identity import Identity
from security.sasl.delegation_token import DelegationToken, hmac_of, key_of, look_up_key, made, read, write
from security.sasl.scram_credentials import MECHANISMS, ScramCredential, UnreadableCredential

if TYPE_CHECKING:
    from broker.config.settings import Settings
    from broker.storage.catalog.base import Catalog

SECRET: Final = "delegation.token.secret"  # noqa: S105 - the name of one
"""Where the catalog keeps the secret when none is set."""

_REMOVED_AT_ONCE: Final = 1_000
_BY_SASL_NAME: Final = {mechanism.sasl_name: mechanism for mechanism in MECHANISMS}
_log = logs.get("tokens")


class TokenSecretUnusable(ValueError):
    """The file that is to hold the secret cannot be read, or holds none."""


async def find_token_secret(settings: "Settings", catalog: "Catalog") -> bytes | None:
    """The secret that tokens are made with: the one that is set, or the cluster's own; None when there are to be no tokens. Raises TokenSecretUnusable, and
    what the catalog raises."""
    if not delegation_tokens_are_on(settings):
        return None
    if settings.delegation_token_secret_file:
        try:
            secret = (await anyio.Path(settings.delegation_token_secret_file).read_bytes()).strip()
        except OSError as error:
            raise TokenSecretUnusable(f"delegation_token_secret_file cannot be read: {error.strerror}") from error
        if not secret:
            raise TokenSecretUnusable("delegation_token_secret_file is empty")
        return secret
    if settings.delegation_token_secret_key:
        return settings.delegation_token_secret_key.encode()
    return bytes.fromhex(await catalog.meta(SECRET, secrets.token_hex(32)))


class TokenKeeper:
    """A change is in force when its call returns, and others' changes come in by themselves. Without a secret there are no tokens."""

    def __init__(
        self, register: AccessRegister, settings: "Settings", secret: bytes | None, now_ms: Callable[[], int]
    ) -> None:
        self._register = register
        self._settings = settings
        self._secret = secret
        self._key = None if secret is None else key_of(secret)
        self._now_ms = now_ms
        self._tokens: dict[str, DelegationToken] = {}
        self._by_hmac: dict[bytes, str] = {}
        self._of_owner: Counter[str] = Counter()
        self._revoked: list[Callable[[str], None]] = []
        self._turn = anyio.Lock()
        if secret is not None:
            register.subscribe(AccessKind.TOKEN, self._hear)

    @property
    def is_enabled(self) -> bool:
        """Whether there can be any."""
        return self._secret is not None

    def __iter__(self) -> Iterator[DelegationToken]:
        """All there are, those that have ended and are not removed yet among them."""
        return iter(self._tokens.values())

    def on_revoked(self, callback: Callable[[str], None]) -> None:
        """Call ``callback(credential)`` for each token that holds no longer, by what an identity that it showed rests on."""
        self._revoked.append(callback)

    def hmac_of(self, token: DelegationToken) -> bytes:
        """What its bearer shows."""
        assert self._secret is not None, "there are no tokens"
        return hmac_of(self._secret, token.token_id)

    def by_hmac(self, shown: bytes) -> DelegationToken | None:
        """The token that this belongs to."""
        token = self._tokens.get(self._by_hmac.get(look_up_key(shown), ""))
        return token if token is not None and compare_digest(self.hmac_of(token), shown) else None

    def find_login(self, mechanism: str, token_id: str) -> tuple[ScramCredential, Identity] | None:
        """What somebody who logs in by a token is checked against, and whom it acts as then; None when no such token holds."""
        token, known = self._tokens.get(token_id), _BY_SASL_NAME.get(mechanism)
        if token is None or known is None or known not in token.credentials or not token.holds(self._now_ms()):
            return None
        identity = Identity(
            token.owner,
            groups=token.groups,
            mechanism=mechanism,
            credential=token.credential,
            expires_ms=token.expires_ms,
            by_token=True,
        )
        return token.credentials[known], identity

    # --- changes ------------------------------------------------------------------------------------------------------

    async def make(
        self, owner: str, requester: str, renewers: Sequence[str], lifetime_ms: int, groups: tuple[str, ...] = ()
    ) -> DelegationToken:
        """A new token; ``groups`` are its owner's. Raises StorageUnavailable, and BrokerError when the owner has as many as it may have."""
        assert self._secret is not None, "there are no tokens"
        async with self._turn:
            most = self._settings.delegation_tokens_per_owner
            if self._of_owner[owner] >= most:
                raise BrokerError(ErrorCode.POLICY_VIOLATION, f"{owner} has {most} tokens already")
            token = await anyio.to_thread.run_sync(
                partial(
                    made,
                    _new_id(),
                    self._secret,
                    owner=owner,
                    requester=requester,
                    renewers=tuple(dict.fromkeys(renewers)),
                    now_ms=self._now_ms(),
                    lifetime_ms=lifetime_ms,
                    longest_ms=self._settings.delegation_token_max_lifetime_ms,
                    usual_ms=self._settings.delegation_token_expiry_time_ms,
                    groups=groups,
                )
            )
            await self.store(token)
        return token

    async def store(self, token: DelegationToken) -> None:
        """Put it in place of the one with its id. Raises StorageUnavailable."""
        await self._register.change([AccessEntry(AccessKind.TOKEN, token.token_id, write(token))])

    async def remove(self, tokens: Sequence[DelegationToken]) -> None:
        """They hold no longer. Raises StorageUnavailable."""
        await self._register.change([AccessEntry(AccessKind.TOKEN, token.token_id, None) for token in tokens])

    async def run(self) -> None:
        """Remove tokens that have ended, every ``delegation.token.expiry.check.interval.ms``. Ends by being cancelled."""
        while True:
            await anyio.sleep(self._settings.delegation_token_expiry_check_interval_ms / 1000)
            await self.sweep()

    async def sweep(self) -> None:
        """Remove those that have ended. What storage refuses is tried again the next time."""
        now_ms = self._now_ms()
        ended = [token for token in self._tokens.values() if not token.holds(now_ms)]
        try:
            for start in range(0, len(ended), _REMOVED_AT_ONCE):
                await self.remove(ended[start : start + _REMOVED_AT_ONCE])
        except BrokerError as error:
            _log.warning("tokens that have ended could not be removed", reason=str(error))

    def _hear(self, entries: Sequence[AccessEntry]) -> None:
        for entry in entries:
            before = self._tokens.pop(entry.name, None)
            if before is not None:
                del self._by_hmac[look_up_key(self.hmac_of(before))]
                self._of_owner[before.owner] -= 1
                if not self._of_owner[before.owner]:
                    del self._of_owner[before.owner]
            token = self._read(entry)
            if token is not None:
                self._tokens[entry.name] = token
                self._by_hmac[look_up_key(self.hmac_of(token))] = entry.name
                self._of_owner[token.owner] += 1
            if before is not None and (token is None or token.expires_ms < before.expires_ms):
                # Sessions end when they were told to at their login. One whose token still holds for a while comes back with the new end.
                for callback in self._revoked:
                    callback(before.credential)

    def _read(self, entry: AccessEntry) -> DelegationToken | None:
        if entry.value is None:
            return None
        try:
            token = read(entry.name, entry.value)
        except UnreadableCredential as problem:
            _log.error("a stored delegation token cannot be read", token=entry.name, reason=str(problem))
            return None
        return token if token.key == self._key else None


def _new_id() -> str:
    """In the form of Kafka's: a UUID in the letters of URLs, and no dash in front that tools would take for an option."""
    while True:
        token_id = urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        if not token_id.startswith("-"):
            return token_id
