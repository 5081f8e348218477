"""What files of keys and certificates hold."""


import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from security.tls.stores import StoreUnusable, read_authorities, read_key_store, read_pem_pair
from tests.support.certificates import Authority

ROOT = Authority("root")
MIDDLE = Authority("middle", issuer=ROOT)
BROKER = MIDDLE.issue("broker", hosts=("localhost",))
PASSWORD = "s3cret-words"


def test_the_chain_is_put_in_order() -> None:
    """In a file certificates may stand in any order, others among them."""
    stranger = Authority("stranger")
    pem = ROOT.pem() + stranger.pem() + BROKER.key_pem() + MIDDLE.pem() + BROKER.certificate.public_bytes(Encoding.PEM)

    found = read_key_store(pem, "PEM", None, None)

    assert found.chain == (BROKER.certificate, MIDDLE.certificate, ROOT.certificate)
    assert PASSWORD not in repr(found)


def test_pkcs12_and_pem_are_told_apart_by_what_is_in_them() -> None:
    """Kafka's default type, JKS, stands for either."""
    for content, kind, password in (
        (BROKER.pkcs12(PASSWORD), "JKS", PASSWORD),
        (BROKER.pkcs12(PASSWORD), "PKCS12", PASSWORD),
        (BROKER.key_pem(PASSWORD) + BROKER.chain_pem(), "JKS", PASSWORD),
        (BROKER.key_pem() + BROKER.chain_pem(), "PEM", None),
    ):
        assert read_key_store(content, kind, password, None).chain[:2] == (BROKER.certificate, MIDDLE.certificate)


def test_older_keys_are_read() -> None:
    """As OpenSSL wrote them for long, encrypted or not."""
    encrypted = BROKER.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(PASSWORD.encode()))

    assert read_pem_pair(encrypted, BROKER.chain_pem(), PASSWORD).chain[0] == BROKER.certificate


@pytest.mark.parametrize(
    ("content", "kind", "password", "why"),
    [
        (b"\xfe\xed\xfe\xed" + bytes(20), "JKS", PASSWORD, "keytool -importkeystore"),
        (b"hello", "JKS", None, "neither PEM nor PKCS12"),
        (b"", "JKS", None, "neither PEM nor PKCS12"),
        (BROKER.key_pem() + BROKER.chain_pem(), "PKCS12", None, "is PEM, and was said to be PKCS12"),
        (BROKER.chain_pem(), "PEM", None, "no private key"),
        (BROKER.key_pem(), "PEM", None, "no certificate"),
        (BROKER.key_pem(PASSWORD) + BROKER.chain_pem(), "PEM", None, "no password was given"),
        (BROKER.key_pem(PASSWORD) + BROKER.chain_pem(), "PEM", "wrong" + PASSWORD, "with this password"),
        (BROKER.pkcs12(PASSWORD), "PKCS12", "wrong" + PASSWORD, "with this password"),
        (BROKER.key_pem() + ROOT.pem(), "PEM", None, "belongs to none"),
        (b"\x30\x82\xff\xff", "PKCS12", None, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_without_secrets(content: bytes, kind: str, password: str | None, why: str) -> None:
    """For messages end in logs."""
    with pytest.raises(StoreUnusable, match=why) as caught:
        read_key_store(content, kind, password, None)

    assert PASSWORD not in str(caught.value)


def test_authorities_come_from_both_kinds_of_files() -> None:
    """Several in one."""
    assert read_authorities(ROOT.pem() + MIDDLE.pem(), "JKS", None) == (ROOT.certificate, MIDDLE.certificate)
    assert read_authorities(ROOT.trust_store(PASSWORD), "PKCS12", PASSWORD) == (ROOT.certificate,)
    with pytest.raises(StoreUnusable):
        read_authorities(b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", "PEM", None)


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_file_is_read_or_refused(content: bytes, at: int) -> None:
    """Damaged in the middle, cut off, or something else."""
    for whole in (BROKER.pkcs12("x"), BROKER.key_pem() + BROKER.chain_pem()):
        for damaged in (whole[:at], whole[:at] + content + whole[at:], content):
            try:
                read_key_store(damaged, "JKS", "x", None)
            except StoreUnusable:
                pass
            try:
                read_authorities(damaged, "JKS", "x")
            except StoreUnusable:
                pass
