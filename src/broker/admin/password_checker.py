"""PasswordChecker: whether a password is a SCRAM user's, where it comes as it is (HTTP's basic authentication) and not as a proof."""

import hashlib
import hmac
from collections import OrderedDict
from functools import partial
from typing import Final

import anyio
import anyio.to_thread

from broker.admin.scram_accounts import ScramAccounts
from security.identity import Identity
from security.sasl.scram import HASHES, Account

REMEMBERED: Final = 100
PASSWORD_MAX: Final = 1024
_AT_ONCE: Final = 1
"""Each takes milliseconds of CPU by intention; more at once would take it from everybody else."""


class PasswordChecker:
    """``key`` is for this process only. What was right is remembered by a digest, as long as the user's credential stays the same."""

    def __init__(self, accounts: ScramAccounts, key: bytes) -> None:
        self._accounts = accounts
        self._key = key
        self._right: OrderedDict[bytes, bytes] = OrderedDict()
        self._turns = anyio.CapacityLimiter(_AT_ONCE)

    async def check(self, user: str, password: str) -> Identity | None:
        """Who it is; None when there is no such user, or it has another password: both take as long."""
        if len(password) > PASSWORD_MAX:
            return None
        accounts = {mechanism: self._accounts.of(mechanism)(user, False) for mechanism in HASHES}
        mechanism = next((name for name, account in accounts.items() if account.identity is not None), "SCRAM-SHA-256")
        account = accounts[mechanism]
        digest = hmac.digest(self._key, f"{user}\0{password}".encode(errors="replace"), "sha256")
        if hmac.compare_digest(self._right.get(digest, b""), account.stored_key):
            self._right.move_to_end(digest)
            return account.identity
        is_right = await anyio.to_thread.run_sync(partial(_matches, account, password, HASHES[mechanism]), limiter=self._turns)
        if not is_right or account.identity is None:
            return None
        self._right[digest] = account.stored_key
        if len(self._right) > REMEMBERED:
            self._right.popitem(last=False)
        return account.identity


def _matches(account: Account, password: str, name: str) -> bool:
    salted = hashlib.pbkdf2_hmac(name, password.encode(errors="replace"), account.salt, account.iterations)
    stored_key = hashlib.new(name, hmac.digest(salted, b"Client Key", name)).digest()
    return hmac.compare_digest(stored_key, account.stored_key)
