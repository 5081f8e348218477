"""What is known of a set of key, chain and authorities, whether it can be served, and whether it may take the place of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from security.tls.distinguished_names import java_name, parse_name
from security.tls.stores import KeyStore, StoreUnusable


@dataclass(frozen=True, slots=True)
class Facts:
    """Of the broker's own certificate its name, other names and print; and until when (Unix time, seconds) the first of its chain and the last of the
    authorities hold."""

    name: str
    other_names: frozenset[str]
    fingerprint: str
    not_after: float
    authorities_not_after: float | None


def check(store: KeyStore | None, authorities: Sequence[x509.Certificate], now: datetime, *, server: bool) -> Facts:
    """Whether this can be served (``server``) or shown to a server. Raises StoreUnusable."""
    ends = [each.not_valid_after_utc for each in authorities]
    if authorities and max(ends) <= now:
        raise StoreUnusable("every authority has expired")
    last = max(ends).timestamp() if ends else None
    if store is None:
        return Facts("", frozenset(), "", float("inf"), last)
    for certificate in store.chain:
        which = "the certificate" if certificate is store.chain[0] else f"{certificate.subject.rfc4514_string()} in its chain"
        if certificate.not_valid_after_utc <= now:
            raise StoreUnusable(f"{which} expired at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
        if certificate.not_valid_before_utc > now:
            raise StoreUnusable(f"{which} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    own = store.chain[0]
    _check_use(own, server=server)
    for certificate, issuer in zip(store.chain, store.chain[1:], strict=False):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise StoreUnusable("the certificates of the chain did not issue each other") from error
    return Facts(
        name=java_name(parse_name(own.subject.public_bytes())),
        other_names=_other_names(own),
        fingerprint=own.fingerprint(SHA256()).hex(),
        not_after=min(each.not_valid_after_utc for each in store.chain).timestamp(),
        authorities_not_after=last,
    )


def may_replace(old: Facts, new: Facts, *, other_name: bool, fewer_names: bool) -> None:
    """Whether clients that trust the one may be shown the other, as Kafka decides it. Raises StoreUnusable."""
    if not other_name and old.name != new.name:
        raise StoreUnusable(f"it is for {new.name}, the one before for {old.name}, and ssl.allow.dn.changes is not set")
    missing = old.other_names - new.other_names
    if not fewer_names and missing:
        raise StoreUnusable(f"it lacks the names {', '.join(sorted(missing))}, and ssl.allow.san.changes is not set")


def _check_use(certificate: x509.Certificate, *, server: bool) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    wanted = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    if wanted not in usage and ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in usage:
        raise StoreUnusable(f"the certificate is not for {'servers' if server else 'clients'} (extended key usage)")


def _other_names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(getattr(name, "value", name)) for name in names)
