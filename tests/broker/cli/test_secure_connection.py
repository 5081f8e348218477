"""What a client's properties ask for is what its connection is."""

import base64
import hashlib
import hmac
import socket
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker.cli.failure import USAGE, CommandFailed
from broker.cli.secure_connection import connect, log_in, mechanism_of, protocol_of, tls_context
from security.tls.contexts import TlsSources, server_set
from tests.support.certificates import Authority, Files

USER = {"security.protocol": "SASL_SSL", "sasl.username": "ann=,", "sasl.password": "pencil"}


class ScramServer:
    """The other side of a login, as RFC 5802 has it; ``knows`` is the password it knows."""

    def __init__(self, digest: str, knows: bytes) -> None:
        self.digest, self.salt = digest, b"salt of this user"
        self.salted = hashlib.pbkdf2_hmac(digest, knows, self.salt, 4096)
        self.authenticated = False
        self.first = self.bare = ""

    def __call__(self, token: bytes) -> bytes:
        text = token.decode()
        if not self.first:
            self.bare = text.removeprefix("n,,")
            assert self.bare.startswith("n=ann=3D=2C,r=")
            nonce = self.bare.partition(",r=")[2]
            self.first = f"r={nonce}server,s={base64.b64encode(self.salt).decode()},i=4096"
            return self.first.encode()
        without, _, proof = text.rpartition(",p=")
        signed = f"{self.bare},{self.first},{without}".encode()
        stored = hashlib.new(self.digest, hmac.digest(self.salted, b"Client Key", self.digest)).digest()
        signature = hmac.digest(stored, signed, self.digest)
        key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
        self.authenticated = hashlib.new(self.digest, key).digest() == stored
        return b"v=" + base64.b64encode(hmac.digest(hmac.digest(self.salted, b"Server Key", self.digest), signed, self.digest))


@pytest.mark.parametrize(("mechanism", "digest"), [("SCRAM-SHA-256", "sha256"), ("SCRAM-SHA-512", "sha512")])
def test_scram_shows_the_password_without_sending_it(mechanism: str, digest: str) -> None:
    """And wants the broker to show the same."""
    server = ScramServer(digest, b"pencil")
    log_in(mechanism, USER, server)
    assert server.authenticated

    with pytest.raises(CommandFailed, match="does not know the password"):
        log_in(mechanism, USER, ScramServer(digest, b"another"))


@pytest.mark.parametrize("first", [b"", b"r=x,s=AAAA,i=1", b"r=,s=!,i=9", b"x", b"\xff\xfe"])
def test_a_broker_that_does_not_play_by_the_rules_is_not_trusted(first: bytes) -> None:
    """Its nonce must go on from the client's."""
    with pytest.raises(CommandFailed, match="broker's part of the login"):
        log_in("SCRAM-SHA-256", USER, lambda token: first)


def test_plain_sends_both() -> None:
    """With nobody to act for."""
    sent: list[bytes] = []

    def exchange(token: bytes) -> bytes:
        sent.append(token)
        return b""

    log_in("PLAIN", USER, exchange)
    assert sent == [b"\0ann=,\0pencil"]
    with pytest.raises(CommandFailed) as failed:
        log_in("PLAIN", {"sasl.username": "ann"}, exchange)
    assert failed.value.exit_code == USAGE


def test_what_is_not_understood_is_an_error() -> None:
    """Rather than less security than was asked for."""
    assert protocol_of({}) == "plaintext"
    assert mechanism_of({"security.protocol": "ssl", "sasl.mechanism": "PLAIN"}) is None
    assert mechanism_of({"security.protocol": "sasl_ssl", "sasl.mechanisms": "scram-sha-256"}) == "SCRAM-SHA-256"
    for properties in ({"security.protocol": "tls"}, {"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}):
        with pytest.raises(CommandFailed):
            mechanism_of(properties)


def _reached(files: Files, properties: dict[str, object], host: str = "127.0.0.1") -> bytes | None:
    """The certificate that a server with TLS saw of a client with these properties."""
    sources = TlsSources(key_store=files.broker.read_bytes(), trust_store=files.authorities.read_bytes(), client_auth="requested")
    context = server_set(sources, datetime.now(UTC)).context
    seen: list[bytes | None] = []
    with socket.create_server((host, 0)) as server:

        def serve() -> None:
            plain, _ = server.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as stream:
                    seen.append(stream.getpeercert(binary_form=True))
                    stream.recv(1)
            except OSError:
                plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with connect(server.getsockname()[:2], {"security.protocol": "ssl", **properties}, 10) as stream:
                stream.send(b"x")
        finally:
            thread.join()
    return seen[0]


def test_the_client_shows_what_its_properties_name(tmp_path: Path) -> None:
    """Files, text, or a PKCS12 store."""
    files = Files.make(tmp_path)
    alice = files.authority.issue("alice")
    for name, content in (("cert", alice.chain_pem()), ("key", alice.key_pem("word")), ("store", alice.pkcs12("word"))):
        (tmp_path / name).write_bytes(content)
    trust = {"ssl.ca.location": str(files.authorities)}
    apart = {"ssl.certificate.location": str(tmp_path / "cert"), "ssl.key.location": str(tmp_path / "key"), "ssl.key.password": "word"}
    text = {"ssl.certificate.pem": alice.chain_pem().decode(), "ssl.key.pem": alice.key_pem().decode(), "ssl.ca.pem": files.authority.pem().decode()}

    assert _reached(files, trust) is None
    assert _reached(files, trust | apart) == alice.der
    assert _reached(files, trust | {"ssl.keystore.location": str(tmp_path / "store"), "ssl.keystore.password": "word"}) == alice.der
    assert _reached(files, text) == alice.der


def test_a_server_that_is_not_who_it_should_be_is_not_talked_to(tmp_path: Path) -> None:
    """Neither one of another authority, nor one of another name, unless that was asked for."""
    files = Files.make(tmp_path)
    other = {"ssl.ca.pem": Authority().pem().decode()}
    trust = {"ssl.ca.location": str(files.authorities)}
    with pytest.raises(ssl.SSLCertVerificationError):
        _reached(files, other)
    assert _reached(files, other | {"enable.ssl.certificate.verification": "false"}) is None
    files.write_broker(files.authority.issue("broker", hosts=("elsewhere",)))
    with pytest.raises(ssl.SSLCertVerificationError):
        _reached(files, trust)
    assert _reached(files, trust | {"ssl.endpoint.identification.algorithm": "none"}) is None
    with pytest.raises(CommandFailed, match="No such file"):
        tls_context({"ssl.ca.location": str(tmp_path / "none")})
