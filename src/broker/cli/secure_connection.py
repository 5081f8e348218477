"""A connection to a broker as a client's properties ask for it: plaintext or TLS, and a login when there is one (PLAIN, SCRAM).

The properties are librdkafka's. What of them is not understood here is an error: a connection must not be less than it was asked to be.
"""

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from broker.cli.failure import USAGE, CommandFailed

TLS: Final = ("ssl", "sasl_ssl")
SASL: Final = ("sasl_plaintext", "sasl_ssl")
_SCRAM: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
_ITERATIONS_MAX: Final = 1_000_000

Exchange = Callable[[bytes], bytes]
"""Sends a token of a login, and returns what the broker says to it."""


def protocol_of(properties: Mapping[str, object]) -> str:
    """What the client is to speak, in lower case."""
    protocol = str(properties.get("security.protocol", "plaintext")).lower()
    if protocol not in ("plaintext", *TLS, *SASL):
        raise CommandFailed(f"security.protocol is one of plaintext, ssl, sasl_plaintext, sasl_ssl, not {protocol!r}", USAGE)
    return protocol


def connect(address: tuple[str, int], properties: Mapping[str, object], timeout_s: float) -> socket.socket:
    """A connection that is encrypted when that was asked for; who logs in has still to do so. Raises OSError."""
    plain = socket.create_connection(address, timeout=timeout_s)
    if protocol_of(properties) not in TLS:
        return plain
    try:
        return tls_context(properties).wrap_socket(plain, server_hostname=address[0])
    except BaseException:
        plain.close()
        raise


def tls_context(properties: Mapping[str, object]) -> ssl.SSLContext:
    """What the client shows and trusts. Raises CommandFailed."""
    from security.tls.contexts import TlsSources, client_set
    from security.tls.stores import StoreUnusable

    def text(name: str) -> str | None:
        value = properties.get(name)
        return None if value in (None, "") else str(value)

    def content(name: str) -> bytes | None:
        path = text(name)
        try:
            return None if path is None else Path(path).read_bytes()
        except OSError as error:
            raise CommandFailed(f"{name} {path}: {error.strerror or error}", USAGE) from error

    certificate, key = content("ssl.certificate.location"), content("ssl.key.location")
    pem = text("ssl.certificate.pem"), text("ssl.key.pem")
    store = content("ssl.keystore.location")
    if certificate or key or any(pem):
        own = (key or (pem[1] or "").encode()) + b"\n" + (certificate or (pem[0] or "").encode())
        sources = TlsSources(key_store=own, key_store_type="PEM", key_password=text("ssl.key.password"))
    elif store is not None:
        sources = TlsSources(key_store=store, key_store_type="PKCS12", key_store_password=text("ssl.keystore.password"))
    else:
        sources = TlsSources()
    trusted = content("ssl.ca.location") or (text("ssl.ca.pem") or "").encode() or None
    sources = TlsSources(**{each: getattr(sources, each) for each in sources.__slots__} | {"trust_store": trusted})
    checks_name = str(properties.get("ssl.endpoint.identification.algorithm", "https")).lower() != "none"
    try:
        context = client_set(sources, datetime.now(UTC), check_hostname=checks_name).context
    except StoreUnusable as problem:
        raise CommandFailed(f"the client's keys and certificates cannot be used: {problem}", USAGE) from problem
    if str(properties.get("enable.ssl.certificate.verification", "true")).lower() == "false":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def mechanism_of(properties: Mapping[str, object]) -> str | None:
    """How the client logs in, None when it does not."""
    if protocol_of(properties) not in SASL:
        return None
    mechanism = str(properties.get("sasl.mechanism") or properties.get("sasl.mechanisms") or "").upper()
    if mechanism != "PLAIN" and mechanism not in _SCRAM:
        raise CommandFailed(f"this command logs in by PLAIN and SCRAM only, not {mechanism or 'GSSAPI'!r} (sasl.mechanism)", USAGE)
    return mechanism


def log_in(mechanism: str, properties: Mapping[str, object], exchange: Exchange) -> None:
    """Show who the client is, and with SCRAM have the broker show that it knows. Raises CommandFailed."""
    user, password = str(properties.get("sasl.username", "")), str(properties.get("sasl.password", ""))
    if not user or not password:
        raise CommandFailed("sasl.username and sasl.password are needed to log in", USAGE)
    if mechanism == "PLAIN":
        exchange(f"\0{user}\0{password}".encode())
        return
    _scram(_SCRAM[mechanism], user, password, exchange)


def _scram(digest: str, user: str, password: str, exchange: Exchange) -> None:
    """RFC 5802, as a client."""
    escaped = user.replace("=", "=3D").replace(",", "=2C")
    nonce = secrets.token_urlsafe(24)
    first_bare = f"n={escaped},r={nonce}"
    server_first = exchange(f"n,,{first_bare}".encode()).decode("utf-8", "replace")
    parts = dict(part.split("=", 1) for part in server_first.split(",") if "=" in part)
    try:
        whole, salt, rounds = parts["r"], base64.b64decode(parts["s"], validate=True), int(parts["i"])
    except (KeyError, ValueError) as error:
        raise CommandFailed("the broker's part of the login is not understood") from error
    if not whole.startswith(nonce) or whole == nonce or not 1 <= rounds <= _ITERATIONS_MAX:
        raise CommandFailed("the broker's part of the login cannot be trusted")
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, rounds)
    client_key = hmac.digest(salted, b"Client Key", digest)
    without_proof = f"c=biws,r={whole}"
    signed = f"{first_bare},{server_first},{without_proof}".encode()
    signature = hmac.digest(hashlib.new(digest, client_key).digest(), signed, digest)
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
    answer = exchange(f"{without_proof},p={proof}".encode())
    expected = hmac.digest(hmac.digest(salted, b"Server Key", digest), signed, digest)
    if not hmac.compare_digest(answer, b"v=" + base64.b64encode(expected)):
        raise CommandFailed("the broker does not know the password: it may be another one than it says")
