"""Target: what a client shows of itself in TLS, the name in a certificate, from its bytes to a principal."""

import json
from pathlib import Path
from random import Random

from security.tls.distinguished_names import (
    SHORT_NAMES,
    Name,
    NotACertificate,
    java_name,
    parse_name,
    subject_of,
    values_of,
)
from security.tls.principal_mapping import NoRuleApplies, map_name, parse_rules
from tests.fuzz.target import Finding, Target
from tests.support.certificates import Authority

_NAMES = [bytes.fromhex(encoded) for encoded, _ in json.loads((Path(__file__).parents[1] / "security/tls/java_names.json").read_text())]
_AUTHORITY = Authority()
_CERTIFICATES = [_AUTHORITY.issue(name, units=units).der for name, units in (("Duke", ("A", "B")), ("a,b+c=d", ()), ("é" * 20, ("#x", " y ")))]
_RULES = parse_rules(r"RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/, RULE:^CN=(.*?),OU=(.*?),O=(.*?)$/$1@$2/L, RULE:.*CN=([^,+]*).*/$1/U, DEFAULT")
_STRICT = parse_rules(r"RULE:CN=([a-z]{1,20}),O=Example/$1/")


def run_name(data: bytes) -> None:
    """One byte says whether a name follows or a whole certificate."""
    if not data:
        return
    read = parse_name if data[0] & 1 else subject_of
    try:
        name = read(data[1:])
    except NotACertificate as problem:
        str(problem).encode()
        return
    _check_name(name)


def _check_name(name: Name) -> None:
    written = java_name(name)
    if "\0" in written:
        raise Finding(f"a zero byte in a name: {written!r}")
    if sum(map(len, name)) > written.count("=") + 1:
        raise Finding(f"{name} was written as {written!r}")
    for short in SHORT_NAMES.values():
        values_of(name, short)
    try:
        if not isinstance(map_name(_RULES, written), str):
            raise Finding(f"{written!r} became no name")
    except NoRuleApplies:
        pass  # it is too long
    try:
        mapped = map_name(_STRICT, written)
    except NoRuleApplies:
        return
    if written != f"CN={mapped},O=Example":
        raise Finding(f"{written!r} became {mapped!r}")


def seed_name(rng: Random) -> bytes:
    """A name or a certificate that there is."""
    return b"\1" + rng.choice(_NAMES) if rng.random() < 0.6 else b"\0" + rng.choice(_CERTIFICATES)


TARGETS = (Target("certificate_names", run_name, seed_name, ("security.tls.distinguished_names", "security.tls.principal_mapping")),)
