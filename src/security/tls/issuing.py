"""Makes authorities and certificates, to try TLS with: for development and tests, not for production."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION: Final = "Example"
_BEFORE: Final = timedelta(hours=1)
"""Certificates hold from a little before they are made: clocks differ."""

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and its certificate, with those that issued it: ``chain`` without the authority at its end."""

    key: Key = field(repr=False)
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate."""
        return self.certificate.fingerprint(SHA256()).hex()

    def key_pem(self, password: str | None = None) -> bytes:
        encryption: KeySerializationEncryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    def chain_pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.certificate, *self.chain))

    def pkcs12(self, password: str, authorities: Sequence[x509.Certificate] = ()) -> bytes:
        """Key and chain in one file, as Java reads it."""
        encryption = BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"key", self.key, self.certificate, [*self.chain, *authorities] or None, encryption)


class Authority:
    """Issues certificates. Its key is in memory only, unless whoever made it writes it somewhere."""

    def __init__(
        self, name: str = "Penstock development CA", *, issuer: "Authority | None" = None, days: int = 3650, now: datetime | None = None
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._issuer = issuer
        self._now = now or datetime.now(UTC)
        subject = _name(name, ())
        builder = _builder(subject, issuer.certificate.subject if issuer else subject, self.key, self._now, timedelta(days=days))
        self.certificate: x509.Certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .sign(issuer.key if issuer else self.key, SHA256())
        )

    @classmethod
    def load(cls, key_pem: bytes, pem: bytes) -> "Authority":
        """One that was made before. Raises ValueError."""
        key = load_pem_private_key(key_pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is not one that is made here")
        loaded = cls.__new__(cls)
        loaded.key, loaded.certificate, loaded._issuer, loaded._now = key, x509.load_pem_x509_certificate(pem), None, datetime.now(UTC)
        return loaded

    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def trust_store(self, password: str) -> bytes:
        """The authority's certificate as PKCS12 that Java takes for a truststore."""
        entry = pkcs12.PKCS12Certificate(self.certificate, b"authority")
        return pkcs12.serialize_java_truststore([entry], BestAvailableEncryption(password.encode()))

    def issue(
        self,
        name: str,
        *,
        hosts: Sequence[str] = (),
        units: Sequence[str] = (),
        server: bool = True,
        client: bool = True,
        lifetime: timedelta = timedelta(days=365),
        now: datetime | None = None,
        key: Key | None = None,
    ) -> Issued:
        """A certificate for ``name`` (CN), for these host names and addresses. ``now`` is when it begins to hold, a little before that."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.SERVER_AUTH] * server + [ExtendedKeyUsageOID.CLIENT_AUTH] * client
        builder = _builder(_name(name, units), self.certificate.subject, key, now or self._now, lifetime)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(authority=False), critical=True)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
        if uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(each) for each in hosts]), critical=False)
        chain: list[x509.Certificate] = []
        authority: Authority | None = self
        while authority is not None and authority._issuer is not None:
            chain.append(authority.certificate)
            authority = authority._issuer
        return Issued(key, builder.sign(self.key, SHA256()), tuple(chain))


def _name(common_name: str, units: Sequence[str]) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION)]
    attributes += [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, lifetime: timedelta) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
