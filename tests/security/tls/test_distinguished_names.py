"""Names as Java writes them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.tls.distinguished_names import NotACertificate, java_name, parse_name, subject_of, values_of
from tests.support.certificates import Authority

JAVAS: list[tuple[str, str]] = json.loads((Path(__file__).parent / "java_names.json").read_text())
"""Encoded names, and what X500Principal.getName() of a JDK 17 made of each."""


@pytest.mark.parametrize(("encoded", "name"), JAVAS, ids=range(len(JAVAS)))
def test_names_are_written_as_java_writes_them(encoded: str, name: str) -> None:
    """Rules copied from a Kafka cluster match here what they matched there."""
    assert java_name(parse_name(bytes.fromhex(encoded))) == name


def test_the_subject_of_a_certificate_is_found() -> None:
    """And the values of its attributes by kind."""
    certificate = Authority().issue("Duke", units=("A", "B"))

    subject = subject_of(certificate.der)

    assert java_name(subject) == "CN=Duke,OU=B,OU=A,O=Example"
    assert values_of(subject, "OU") == ("A", "B")
    assert values_of(subject, "DC") == ()


CERTIFICATE = Authority().issue("Duke").der


@given(st.data())
def test_damaged_certificates_are_refused(data: st.DataObject) -> None:
    """A name or NotACertificate, whatever was changed or is missing."""
    damaged = bytearray(CERTIFICATE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, 200))] = data.draw(st.integers(0, 255))
    try:
        java_name(subject_of(bytes(damaged[: data.draw(st.integers(0, len(damaged)))])))
    except NotACertificate:
        pass


@given(st.binary(max_size=60))
def test_any_bytes_are_a_name_or_refused(encoded: bytes) -> None:
    """Nothing else is raised."""
    try:
        java_name(parse_name(encoded))
    except NotACertificate:
        pass
