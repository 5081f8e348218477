"""Who a connection acts as, how that was shown, and how long it holds."""

from dataclasses import dataclass
from typing import Final

from security.principal import ANONYMOUS

NO_MECHANISM: Final = "NONE"
MUTUAL_TLS: Final = "TLS"
"""The mechanism of an identity that a client certificate shows."""


@dataclass(frozen=True, slots=True)
class Identity:
    """``principal`` and ``groups`` are in Kafka's ``Type:name`` form. ``mechanism`` is SASL's name, :data:`MUTUAL_TLS` or :data:`NO_MECHANISM`.

    ``credential`` names what the identity rests on (a SCRAM user, a token, a certificate), never a secret: when that is revoked, so are connections. ``expires_ms`` is
    when it ends by itself (Unix time), None when it does not. ``by_token``: shown by a delegation token (KIP-48 lets such a client make no others).
    """

    principal: str
    groups: tuple[str, ...] = ()
    mechanism: str = NO_MECHANISM
    credential: str = ""
    expires_ms: int | None = None
    by_token: bool = False


NOBODY: Final = Identity(ANONYMOUS)
"""A client that did not log in, where none has to."""
