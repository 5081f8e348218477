"""Targets: what a client shows of itself in TLS. The name in a certificate, from its bytes to a principal; and the bytes of a handshake themselves."""

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
from tests.broker.server.test_tls_link import Pair, client_context, server_context
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


def run_handshake(data: bytes) -> None:
    """A byte is the size of pieces, the rest what comes to a TLS listener. Nobody gets through, and it is said why, at most once."""
    if not data:
        return
    pair = Pair(_SERVER, _CLIENT)
    size = data[0] * 8 + 1
    for at in range(1, len(data), size):
        pair.deliver(data[at : at + size])
        pair.loop.do_steps()
        pair.wire.take()
    for why in pair.sink.failures:
        why.encode()
    if len(pair.sink.failures) > 1 or bool(pair.sink.failures) != pair.wire.closed:
        raise Finding(f"closed: {pair.wire.closed}, for {pair.sink.failures}")
    if pair.sink.frames or pair.sink.certificates:
        raise Finding("a handshake that nobody could do was done")


_SERVER, _CLIENT = server_context("requested"), client_context()


def seed_handshake(rng: Random) -> bytes:
    """The first message of a client, and something after it."""
    return bytes([rng.choice((0, 3, 255))]) + _HELLO + rng.choice((b"", b"\x14\x03\x03\0\1\1", b"\x17\x03\x03\0\x20" + bytes(32), b"\x15\x03\x03\0\2\2\x28", _HELLO))


def _hello() -> bytes:
    pair = Pair(_SERVER, _CLIENT)
    try:
        pair.client.do_handshake()
    except OSError:
        pass  # it waits for an answer
    return pair.out.read()


_HELLO = _hello()
TARGETS = (
    Target("certificate_names", run_name, seed_name, ("security.tls.distinguished_names", "security.tls.principal_mapping")),
    Target("tls_handshakes", run_handshake, seed_handshake, ("broker.server.tls_link",), allowance=2 << 20),
)
