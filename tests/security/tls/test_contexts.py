"""Contexts from what settings and files say."""

import ssl
from datetime import UTC, datetime

import pytest

from security.tls.contexts import client_set, server_set
from security.tls.sources import StoreUnusable, TlsSources
from tests.support.certificates import Authority

NOW = datetime.now(UTC)
ROOT = Authority()
MIDDLE = Authority("middle", issuer=ROOT)
BROKER = MIDDLE.issue("broker", hosts=("localhost",))
PEM = BROKER.key_pem() + BROKER.chain_pem()


def meet(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A handshake between the two, without a network; both ends."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = server.wrap_bio(to_server, to_client, server_side=True)
    there = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    for _ in range(4):
        for end in (there, here):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return here, there


def test_a_chain_is_shown_whole() -> None:
    """A client that knows only the root can follow it."""
    server = server_set(TlsSources(key_store=PEM), NOW)
    client = client_set(TlsSources(trust_store=ROOT.pem()), NOW, check_hostname=True)

    here, there = meet(server.context, client.context)

    assert there.getpeercert(binary_form=True) == BROKER.der
    assert here.version() == "TLSv1.3"
    assert server.facts.fingerprint == BROKER.fingerprint


def test_clients_certificates_come_from_an_authority_in_the_truststore() -> None:
    """One in the middle of a chain is enough, as in Java; no other will do."""
    alice = MIDDLE.issue("alice")
    shown = alice.key_pem() + alice.chain_pem()
    for trusted, comes in ((MIDDLE, True), (ROOT, True), (Authority("other"), False)):
        server = server_set(TlsSources(key_store=PEM, trust_store=trusted.pem(), client_auth="required"), NOW)
        client = client_set(TlsSources(key_store=shown, trust_store=ROOT.pem()), NOW, check_hostname=True)
        if comes:
            here, _ = meet(server.context, client.context)
            assert here.getpeercert(binary_form=True) == alice.der
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                meet(server.context, client.context)


def test_a_certificate_for_servers_is_none_of_a_client() -> None:
    """Its use is checked."""
    wrong = ROOT.issue("wrong", client=False)
    server = server_set(TlsSources(key_store=PEM, trust_store=ROOT.pem(), client_auth="requested"), NOW)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    client.load_verify_locations(cadata=ROOT.pem().decode())
    from security.tls.contexts import _in_memory

    with _in_memory(wrong.key_pem() + wrong.chain_pem()) as path:
        client.load_cert_chain(path)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)purpose"):
        meet(server.context, client)


def test_versions_and_suites_are_those_of_the_settings() -> None:
    """A list of suites without one of TLS 1.3 leaves that version out."""
    sources = TlsSources(key_store=PEM, suites=("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",))
    client = client_set(TlsSources(trust_store=ROOT.pem()), NOW, check_hostname=True).context
    here, _ = meet(server_set(sources, NOW).context, client)
    assert (here.version(), here.cipher()[0]) == ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")  # type: ignore[index]

    only_new = server_set(TlsSources(key_store=PEM, protocols=("TLSv1.3",)), NOW).context
    only_old = client_set(TlsSources(trust_store=ROOT.pem(), protocols=("TLSv1.2",)), NOW, check_hostname=True).context
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol"):
        meet(only_new, only_old)
    with pytest.raises(StoreUnusable, match="no version"):
        server_set(TlsSources(key_store=PEM, protocols=("TLSv1.3",), suites=sources.suites), NOW)


def test_keys_in_settings_may_have_lost_their_line_breaks() -> None:
    """A properties file has them on one line."""
    key, chain, root = (pem.decode().replace("\n", " ") for pem in (BROKER.key_pem(), BROKER.chain_pem(), ROOT.pem()))

    made = server_set(TlsSources(key_pem=key, chain_pem=chain, trust_pem=root, client_auth="required"), NOW)

    assert made.facts.fingerprint == BROKER.fingerprint


def test_what_is_missing_is_said() -> None:
    """Before anything is served."""
    for sources, why in (
        (TlsSources(), "no key"),
        (TlsSources(key_store=PEM, client_auth="required"), "no authority"),
        (TlsSources(key_store=PEM, trust_store=b"?"), "neither PEM nor PKCS12"),
    ):
        with pytest.raises(StoreUnusable, match=why):
            server_set(sources, NOW)


def test_nobody_renegotiates_nor_resumes() -> None:
    """A handshake costs a broker more than its client, so that there is one for each connection; and a resumed session would not show a certificate again."""
    options = server_set(TlsSources(key_store=PEM), NOW).context.options

    assert options & ssl.OP_NO_RENEGOTIATION
    assert options & ssl.OP_NO_TICKET
