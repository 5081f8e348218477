"""KeySetKeeper: the keys that an identity provider signs tokens with, as it listed them last. No login ever waits for the provider."""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio

from observability import logs
from observability.metrics import LOGIN_SOURCE_READ_AT, LOGIN_SOURCE_READS
from security.identity import Identity
from security.sasl.key_set import KeySet, KeySetUnusable, read_key_set
from security.sasl.web_token import KeyUnknown, TokenRules, credential_of, read_token

UNKNOWN_KEY_S: Final = 10.0
"""How soon after one reading another may begin because tokens have keys that are not known: anybody can make such tokens."""
_log = logs.get("logins")


class KeysNotRead(Exception):
    """The provider could not be asked, or did not answer with keys; the text says why."""


class KeySetKeeper:
    """``fetch`` reads the list, and raises KeysNotRead; it may be slow. ``on_revoked`` is told of each key that is not listed any more: tokens that are
    signed with it show nobody from then on."""

    def __init__(
        self,
        rules: TokenRules,
        fetch: Callable[[], Awaitable[bytes]],
        on_revoked: Callable[[str], None],
        now_ms: Callable[[], int],
        *,
        refresh_s: float,
        retry_s: float,
        retry_max_s: float,
        name: str = "keys",
    ) -> None:
        """``name`` tells it from others in metrics."""
        self._name = name
        self._rules = rules
        self._fetch = fetch
        self._on_revoked = on_revoked
        self._now_ms = now_ms
        self._refresh_s = refresh_s
        self._retry_s = retry_s
        self._retry_max_s = max(retry_s, retry_max_s)
        self._keys = KeySet()
        self._wanted = anyio.Event()

    def read(self, token: str) -> Identity:
        """Who the bearer of a token is. Raises TokenRefused; when it has a key that is not known, the provider will be asked for its keys anew."""
        try:
            return read_token(token, self._keys, self._rules, self._now_ms() / 1000)
        except KeyUnknown:
            self._wanted.set()
            raise

    async def run(self) -> None:
        """Read the keys now, then regularly, and when one is missing. Runs until cancelled."""
        retry_s = self._retry_s
        while True:
            if await self._refresh():
                retry_s = self._retry_s
                self._wanted = anyio.Event()
                await anyio.sleep(min(UNKNOWN_KEY_S, self._refresh_s))
                with anyio.move_on_after(max(0.0, self._refresh_s - UNKNOWN_KEY_S)):
                    await self._wanted.wait()
            else:
                await anyio.sleep(retry_s)
                retry_s = min(self._retry_max_s, retry_s * 2)

    async def _refresh(self) -> bool:
        try:
            keys = read_key_set(await self._fetch(), self._rules.algorithms)
        except (KeysNotRead, KeySetUnusable) as problem:
            LOGIN_SOURCE_READS.labels(self._name, "failure").inc()
            _log.warning("the keys of the identity provider stay as they were", keys=self._name, known=len(self._keys), reason=str(problem))
            return False
        before, self._keys = self._keys, keys
        LOGIN_SOURCE_READS.labels(self._name, "success").inc()
        LOGIN_SOURCE_READ_AT.labels(self._name).set(self._now_ms() / 1000)
        for key in keys.withdrawn_since(before):
            _log.info("a key of the identity provider was withdrawn", key_id=key.key_id)
            self._on_revoked(credential_of(self._rules.issuer, key.key_id))
        return True
