"""Contexts of the ssl module from what settings and files say: one is made whole or not at all, and never changed after.

(To load another key into a context in use breaks it for everybody when the key does not fit.)
"""

import hashlib
import os
import re
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from security.tls.facts import Facts, check
from security.tls.stores import KeyStore, StoreUnusable, read_authorities, read_key_store, read_pem_pair
from security.tls.suites import openssl_names, speaks_tls_1_3

_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_VERIFY: Final = {"none": ssl.CERT_NONE, "requested": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


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


@dataclass(frozen=True, slots=True)
class TlsSet:
    """A context that works, and what is known of it."""

    context: ssl.SSLContext
    facts: Facts


def server_set(sources: TlsSources, now: datetime) -> TlsSet:
    """For those who are connected to. Raises StoreUnusable."""
    store = _key_store(sources)
    if store is None:
        raise StoreUnusable("there is no key")
    authorities = _authorities(sources)
    if sources.client_auth != "none" and not authorities:
        raise StoreUnusable("there is no authority that certificates of clients could come from")
    facts = check(store, authorities, now, server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _prepare(context, sources)
    # A resumed session would not be asked for a certificate again, whatever has become of its authority.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.verify_mode = _VERIFY[sources.client_auth]
    _load(context, store, authorities)
    return TlsSet(context, facts)


def client_set(sources: TlsSources, now: datetime, *, check_hostname: bool) -> TlsSet:
    """For those who connect: the server must come from an authority, the system's when none is given. Raises StoreUnusable."""
    store, authorities = _key_store(sources), _authorities(sources)
    facts = check(store, authorities, now, server=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = check_hostname
    _prepare(context, sources)
    if not authorities:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    _load(context, store, authorities)
    return TlsSet(context, facts)


def _key_store(sources: TlsSources) -> KeyStore | None:
    if sources.key_pem is not None:
        chain = sources.chain_pem if sources.chain_pem is not None else sources.key_pem
        return read_pem_pair(_lines(sources.key_pem), _lines(chain), sources.key_password)
    if sources.key_store is None:
        return None
    return read_key_store(sources.key_store, sources.key_store_type, sources.key_store_password, sources.key_password)


def _authorities(sources: TlsSources) -> tuple[x509.Certificate, ...]:
    if sources.trust_pem is not None:
        return read_authorities(_lines(sources.trust_pem), "PEM", None)
    if sources.trust_store is None:
        return ()
    return read_authorities(sources.trust_store, sources.trust_store_type, sources.trust_store_password)


def _lines(pem: str) -> bytes:
    """PEM text with its line breaks, which files of settings may have as spaces."""
    return _BLOCK.sub(lambda block: f"-----BEGIN {block[1]}-----\n{_wrapped(block[2])}\n-----END {block[1]}-----\n", pem).encode()


def _wrapped(text: str) -> str:
    text = "".join(text.split())
    return "\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _prepare(context: ssl.SSLContext, sources: TlsSources) -> None:
    protocols = set(sources.protocols)
    if not speaks_tls_1_3(sources.suites):
        protocols -= {"TLSv1.3"}
    if not protocols:
        raise StoreUnusable("no version of TLS is left to speak")
    context.minimum_version = ssl.TLSVersion.TLSv1_2 if "TLSv1.2" in protocols else ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3 if "TLSv1.3" in protocols else ssl.TLSVersion.TLSv1_2
    if suites := openssl_names(sources.suites):
        try:
            context.set_ciphers(":".join(suites))
        except ssl.SSLError:
            raise StoreUnusable("OpenSSL has none of these cipher suites here") from None
    # As in Java: whoever is in the truststore is trusted, an authority in the middle of a chain as well as the one at its end.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _load(context: ssl.SSLContext, store: KeyStore | None, authorities: Sequence[x509.Certificate]) -> None:
    try:
        if authorities:
            context.load_verify_locations(cadata=b"".join(each.public_bytes(Encoding.DER) for each in authorities))
        if store is not None:
            with _in_memory(store.key_pem() + store.chain_pem()) as path:
                context.load_cert_chain(path)
    except (ssl.SSLError, ValueError) as error:
        # OpenSSL's reason is a fixed word (KEY_VALUES_MISMATCH, EE_KEY_TOO_SMALL): nothing of the key.
        raise StoreUnusable(f"OpenSSL refuses it: {getattr(error, 'reason', None) or 'malformed'}") from None


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path to ``content``, which OpenSSL insists on: in memory where the system can, else a file that only we may read."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("penstock", os.MFD_CLOEXEC)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    descriptor, path = tempfile.mkstemp()
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        os.unlink(path)
