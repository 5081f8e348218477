"""What files of keys and certificates hold: PEM and PKCS12, told apart by what is in them.

Nothing here repeats a secret: what is wrong with a file is said without its contents.
"""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

STORE_BYTES_MAX: Final = 4 << 20

_JKS: Final = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_KEY: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


class StoreUnusable(ValueError):
    """A file of keys or certificates cannot be used; the text says why, without secrets."""


@dataclass(frozen=True, slots=True)
class KeyStore:
    """A key and the certificates that go with it, its own first."""

    key: PrivateKey
    chain: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return f"KeyStore({len(self.chain)} certificates)"

    def key_pem(self) -> bytes:
        """The key, readable: for memory, never for disks."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def chain_pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.chain)


def read_key_store(content: bytes, kind: str, password: str | None, key_password: str | None) -> KeyStore:
    """The key and the chain in a file. ``kind`` is what it was said to be (JKS, Kafka's default, says nothing). Raises StoreUnusable."""
    if _found(content, kind) == "PEM":
        return read_pem_pair(content, content, key_password or password)
    key, certificate, others = _pkcs12(content, password)
    if key is None or certificate is None:
        raise StoreUnusable("there is no key with a certificate in it")
    return _key_store(key, [certificate, *others])


def read_pem_pair(key_pem: bytes, chain_pem: bytes, password: str | None) -> KeyStore:
    """The same from text. Raises StoreUnusable."""
    found = _KEY.search(key_pem)
    if found is None:
        raise StoreUnusable("there is no private key in it")
    encrypted = b"ENCRYPTED" in found[0]
    if encrypted and not password:
        raise StoreUnusable("the key is encrypted, and no password was given")
    try:
        key = load_pem_private_key(found[0], password.encode() if encrypted and password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StoreUnusable("the key cannot be read" + (" with this password" if encrypted else "")) from None
    return _key_store(key, _certificates(chain_pem))


def read_authorities(content: bytes, kind: str, password: str | None) -> tuple[x509.Certificate, ...]:
    """The certificates in a file. Raises StoreUnusable when there is none."""
    if _found(content, kind) == "PEM":
        return tuple(_certificates(content))
    _, certificate, others = _pkcs12(content, password)
    found = ([certificate] if certificate is not None else []) + others
    if not found:
        raise StoreUnusable("there is no certificate in it")
    return tuple(found)


def _found(content: bytes, kind: str) -> str:
    """What a file is by its first bytes."""
    if content.startswith(_JKS):
        raise StoreUnusable("it is a JKS file of Java's; make a PKCS12 one of it: keytool -importkeystore ... -deststoretype PKCS12")
    found = "PEM" if b"-----BEGIN " in content else "PKCS12" if content[:1] == b"\x30" else ""
    if not found:
        raise StoreUnusable("it is neither PEM nor PKCS12")
    if kind in ("PEM", "PKCS12") and kind != found:
        raise StoreUnusable(f"it is {found}, and was said to be {kind}")
    return found


def _pkcs12(content: bytes, password: str | None) -> tuple[object | None, x509.Certificate | None, list[x509.Certificate]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            store = load_pkcs12(content, password.encode() if password is not None else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StoreUnusable("it cannot be read" + (" with this password" if password is not None else ", and no password was given")) from None
    certificate = store.cert.certificate if store.cert is not None else None
    return store.key, certificate, [each.certificate for each in store.additional_certs]


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise StoreUnusable("there is no certificate in it that can be read") from None


def _key_store(key: object, certificates: list[x509.Certificate]) -> KeyStore:
    if not isinstance(key, PrivateKey):
        raise StoreUnusable("this kind of key cannot be used for TLS")
    mine = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = [each for each in certificates if _public(each) == mine]
    if not own:
        raise StoreUnusable("the key belongs to none of the certificates")
    return KeyStore(key, tuple(_chain(own[0], certificates)))


def _public(certificate: x509.Certificate) -> bytes:
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _chain(own: x509.Certificate, certificates: Iterable[x509.Certificate]) -> Iterable[x509.Certificate]:
    """From the broker's own certificate to the last of its issuers that is there; in a file they may stand in any order."""
    yield own
    rest = [each for each in certificates if each != own]
    current = own
    while rest and current.issuer != current.subject:
        issuer = next((each for each in rest if each.subject == current.issuer), None)
        if issuer is None:
            return
        rest.remove(issuer)
        yield issuer
        current = issuer
