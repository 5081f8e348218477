"""What contexts are made of. Apart from what makes them, so that who speaks no TLS need not load it."""

import hashlib
from dataclasses import dataclass, field, fields
from typing import Final

STORE_BYTES_MAX: Final = 4 << 20


class StoreUnusable(ValueError):
    """A file of keys or certificates cannot be used; the text says why, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSources:
    """Everything that a context is made of. ``key_store`` and ``trust_store`` are the bytes of files; the others are settings' values."""

    key_store: bytes | None = field(default=None, repr=False)
    key_store_type: str = "JKS"
    key_store_password: str | None = field(default=None, repr=False)
    key_password: str | None = field(default=None, repr=False)
    key_pem: str | None = field(default=None, repr=False)
    chain_pem: str | None = field(default=None, repr=False)
    trust_store: bytes | None = field(default=None, repr=False)
    trust_store_type: str = "JKS"
    trust_store_password: str | None = field(default=None, repr=False)
    trust_pem: str | None = field(default=None, repr=False)
    client_auth: str = "none"
    protocols: tuple[str, ...] = ("TLSv1.2", "TLSv1.3")
    suites: tuple[str, ...] = ()

    def digest(self) -> bytes:
        """The same for the same sources: whether anything has changed can be told without keeping keys."""
        state = hashlib.sha256()
        for each in fields(self):
            value = getattr(self, each.name)
            content = value if isinstance(value, bytes) else repr(value).encode()
            state.update(f"{each.name}:{len(content)}:".encode() + content)
        return state.digest()
