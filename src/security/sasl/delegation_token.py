"""Delegation tokens (KIP-48): who acts as whom until when, how long a renewal holds, and the stored form.

A token's HMAC, made from its id and a secret of the cluster, is the password to log in with by SCRAM. It is made anew when it is asked for and kept nowhere; kept is
what checks a proof, as of any password.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from security.sasl.scram_credentials import (
    ITERATIONS_MIN,
    MECHANISMS,
    ScramCredential,
    ScramMechanism,
    UnreadableCredential,
    from_password,
)
from security.sasl.scram_credentials import read as read_credential
from security.sasl.scram_credentials import write as write_credential

VERSION: Final = 1
LONG_MAX: Final = 2**63 - 1
_CREDENTIAL: Final = "TOKEN:"


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationToken:
    """Times are Unix times in ms, principals ``Type:name``. ``key`` tells which secret it was made with."""

    token_id: str
    owner: str
    requester: str
    renewers: tuple[str, ...]
    issued_ms: int
    expires_ms: int
    max_ms: int
    key: str
    credentials: Mapping[ScramMechanism, ScramCredential]
    groups: tuple[str, ...] = ()
    """The owner's when it made the token: what holds for them holds for its bearer. Nobody knows them of a token that another made."""

    @property
    def credential(self) -> str:
        """What an identity that it showed rests on."""
        return _CREDENTIAL + self.token_id

    def holds(self, now_ms: int) -> bool:
        """Whether it can still be used."""
        return now_ms <= self.expires_ms and now_ms <= self.max_ms

    def may_be_renewed_by(self, principal: str) -> bool:
        """Whether somebody may renew it, or end it."""
        return principal == self.owner or principal in self.renewers

    def concerns(self, principal: str) -> bool:
        """Whether it is somebody's business: its owner's, who made it, who may renew it."""
        return principal in (self.owner, self.requester) or principal in self.renewers

    def renewed(self, now_ms: int, period_ms: int, usual_ms: int) -> "DelegationToken":
        """It holds from now on for the period that was asked for, if there is one and it is no longer than usual; never beyond its end."""
        period = min(period_ms, usual_ms) if period_ms > 0 else usual_ms
        return replace(self, expires_ms=min(self.max_ms, later(now_ms, period)))

    def expiring(self, now_ms: int, period_ms: int) -> "DelegationToken":
        """It holds for so long from now on, never beyond its end."""
        return replace(self, expires_ms=min(self.max_ms, later(now_ms, period_ms)))


def later(now_ms: int, period_ms: int) -> int:
    """The end of a period, within the numbers of the protocol."""
    return min(now_ms + period_ms, LONG_MAX)


def made(
    token_id: str,
    secret: bytes,
    *,
    owner: str,
    requester: str,
    renewers: tuple[str, ...],
    now_ms: int,
    lifetime_ms: int,
    longest_ms: int,
    usual_ms: int,
    groups: tuple[str, ...] = (),
) -> DelegationToken:
    """A new one. ``lifetime_ms`` is what was asked for, ``longest_ms`` what may be had, ``usual_ms`` for how long it holds without a renewal.
    Takes milliseconds of CPU."""
    password = _password(hmac_of(secret, token_id))
    end = later(now_ms, min(lifetime_ms, longest_ms) if lifetime_ms > 0 else longest_ms)
    return DelegationToken(
        token_id=token_id,
        owner=owner,
        requester=requester,
        renewers=renewers,
        issued_ms=now_ms,
        expires_ms=min(end, later(now_ms, usual_ms)),
        max_ms=end,
        key=key_of(secret),
        credentials={
            mechanism: from_password(mechanism, password, _salt(secret, token_id, mechanism), ITERATIONS_MIN)
            for mechanism in MECHANISMS
        },
        groups=groups,
    )


def hmac_of(secret: bytes, token_id: str) -> bytes:
    """What its bearer shows."""
    return hmac.digest(secret, token_id.encode(), "sha512")


def key_of(secret: bytes) -> str:
    """Tells secrets apart without telling them: tokens of another secret hold no longer."""
    return hmac.digest(secret, b"key of delegation tokens", "sha256").hex()[:16]


def look_up_key(shown: bytes) -> bytes:
    """What a HMAC is looked up by, so that the time it takes says nothing about it."""
    return hashlib.sha256(shown).digest()


def _password(shown: bytes) -> str:
    return b64encode(shown).decode()


def _salt(secret: bytes, token_id: str, mechanism: ScramMechanism) -> bytes:
    return hmac.digest(secret, f"salt {mechanism.sasl_name} {token_id}".encode(), "sha256")


def write(token: DelegationToken) -> str:
    """As it is stored, under its id."""
    return json.dumps(
        {
            "v": VERSION,
            "owner": token.owner,
            "requester": token.requester,
            "renewers": token.renewers,
            **({"groups": token.groups} if token.groups else {}),
            "issued": token.issued_ms,
            "expires": token.expires_ms,
            "max": token.max_ms,
            "key": token.key,
            "scram": {mechanism: write_credential(each) for mechanism, each in token.credentials.items()},
        },
        separators=(",", ":"),
    )


def read(token_id: str, text: str) -> DelegationToken:
    """From what is stored. Raises UnreadableCredential, which shows nothing of it."""
    try:
        fields: dict[str, Any] = json.loads(text)
        if fields["v"] != VERSION:
            raise UnreadableCredential(f"it is of version {int(fields['v'])}")
        return DelegationToken(
            token_id=token_id,
            owner=str(fields["owner"]),
            requester=str(fields["requester"]),
            renewers=tuple(str(each) for each in fields["renewers"]),
            issued_ms=int(fields["issued"]),
            expires_ms=int(fields["expires"]),
            max_ms=int(fields["max"]),
            key=str(fields["key"]),
            credentials={
                ScramMechanism(int(code)): read_credential(each) for code, each in dict(fields["scram"]).items()
            },
            groups=tuple(str(each) for each in fields.get("groups", ())),
        )
    except UnreadableCredential:
        raise
    except (ValueError, KeyError, TypeError):
        raise UnreadableCredential("it is damaged") from None
