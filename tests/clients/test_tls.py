"""Real clients over TLS: with and without certificates of their own, and while the broker's certificate and authority change."""

import socket
import ssl
import struct
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from tests.clients import kafka_tools as tools
from tests.support.certificates import HOSTS, Authority, Files
from tests.support.cluster import Cluster, ClusterBroker
from tests.support.penstock import Penstock
from tests.support.waiting import wait_until
from tests.toolchain import kafka_tools_runner, required

NEW_ONES_WITHIN_S = 2.0
"""What docs/security.md promises: from when the files were written until new connections go by them."""
QUIET: dict[str, Any] = {"log_level": 0, "enable.metrics.push": False}


def properties(files: Files, **more: object) -> str:
    return "".join(f"{name.replace('_', '.')}={value}\n" for name, value in {**files.settings(), **more}.items())


def broker(folder: Path, files: Files, **more: object) -> Penstock:
    path = folder / "server.properties"
    path.write_text(properties(files, **{"group_initial_rebalance_delay_ms": 0, "authorization": "off", **more}))
    return Penstock(folder / "data", "--properties", str(path), speaks="SSL")


def client(bootstrap: str, files: Files, certificate: Path | None = None) -> dict[str, Any]:
    """librdkafka's settings of a client."""
    own = {"ssl.certificate.location": str(certificate), "ssl.key.location": str(certificate)} if certificate else {}
    return {"bootstrap.servers": bootstrap, "security.protocol": "SSL", "ssl.ca.location": str(files.authorities), **own, **QUIET}


def round_trip(settings: dict[str, Any], records: int = 20) -> None:
    """Make a topic, write to it and read it."""
    topic = f"t-{uuid4().hex[:8]}"
    admin = AdminClient(settings)
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(20)
    producer = Producer(settings)
    values = {str(number).encode() * 1_000 for number in range(records)}
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0
    consumer = Consumer({**settings, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    got: set[bytes] = set()
    try:
        while got != values:
            message = consumer.poll(20)
            assert message is not None
            assert message.error() is None, message.error()
            got.add(message.value())
    finally:
        consumer.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Iterator[Penstock]:
    with broker(tmp_path_factory.mktemp("mutual"), files, ssl_client_auth="required") as running:
        yield running


def test_a_client_that_shows_its_certificate_is_served(mutual: Penstock, files: Files) -> None:
    """librdkafka, with a certificate of the authority."""
    round_trip(client(mutual.bootstrap, files, files.client("alice")))


@pytest.mark.parametrize("which", ["none", "of another authority", "plaintext"])
def test_a_client_that_does_not_is_refused(mutual: Penstock, files: Files, which: str) -> None:
    """And the broker goes on."""
    if which == "plaintext":
        settings = {"bootstrap.servers": mutual.bootstrap, **QUIET}
    else:
        other = Files(files.directory, Authority()).client("mallory") if which != "none" else None
        settings = client(mutual.bootstrap, files, other)

    with pytest.raises(KafkaException):
        AdminClient(settings).list_topics(timeout=3)
    round_trip(client(mutual.bootstrap, files, files.client("alice")), records=2)


@pytest.mark.parametrize("protocols", ["TLSv1.2", "TLSv1.3"])
def test_each_version_of_tls_alone_is_spoken(tmp_path: Path, files: Files, protocols: str) -> None:
    """Without certificates of clients, with a key in a PKCS12 file."""
    store = tmp_path / "broker.p12"
    store.write_bytes(files.authority.issue("broker", hosts=HOSTS).pkcs12("word"))
    more = {"ssl_enabled_protocols": protocols, "ssl_keystore_location": store, "ssl_keystore_type": "PKCS12", "ssl_keystore_password": "word"}
    with broker(tmp_path, files, **more) as running:
        round_trip(client(running.bootstrap, files), records=5)


@pytest.mark.timeout(240)
def test_javas_clients_read_what_is_made_for_them(mutual: Penstock, files: Files, tmp_path: Path) -> None:
    """Kafka's own tools, with a keystore and a truststore of PKCS12, and PEM text in their properties; host names are checked."""
    required(kafka_tools_runner)
    alice = files.authority.issue("alice")
    (tmp_path / "alice.p12").write_bytes(alice.pkcs12("wordword"))
    (tmp_path / "ca.p12").write_bytes(files.authority.trust_store("wordword"))
    stores = {"ssl.keystore.location": tmp_path / "alice.p12", "ssl.keystore.type": "PKCS12", "ssl.keystore.password": "wordword",
              "ssl.truststore.location": tmp_path / "ca.p12", "ssl.truststore.type": "PKCS12", "ssl.truststore.password": "wordword"}  # fmt: skip
    text = {"ssl.keystore.type": "PEM", "ssl.keystore.key": alice.key_pem(), "ssl.keystore.certificate.chain": alice.chain_pem(),
            "ssl.truststore.type": "PEM", "ssl.truststore.certificates": files.authority.pem()}  # fmt: skip
    for number, given in enumerate((stores, text)):
        path = tmp_path / f"{number}.properties"
        lines = {name: value.decode().replace("\n", " ") if isinstance(value, bytes) else value for name, value in given.items()}
        path.write_text("security.protocol=SSL\n" + "".join(f"{name}={value}\n" for name, value in lines.items()))
        at = ("--bootstrap-server", mutual.bootstrap, "--command-config", path)
        tools.run(tools.TOPICS, *at, "--create", "--topic", f"of-java-{number}")
        assert f"of-java-{number}" in tools.run(tools.TOPICS, *at, "--list")


def test_certificate_and_authority_change_under_load(tmp_path: Path) -> None:
    """Open connections lose no request; new ones see the new certificate within two seconds, and may be of the new authority; files that cannot be
    used change nothing."""
    files = Files.make(tmp_path)
    alice = files.client("alice")
    with broker(tmp_path, files, ssl_client_auth="required") as running:
        settings = client(running.bootstrap, files, alice)
        admin = AdminClient(settings)
        admin.create_topics([NewTopic("load", 3, 1)])["load"].result(20)
        errors: list[object] = []
        delivered = 0
        stop = threading.Event()

        def told(error: object, message: object) -> None:
            nonlocal delivered
            errors.extend([error] if error is not None else [])
            delivered += 1

        def load() -> None:
            producer = Producer({**settings, "linger.ms": 1, "retries": 0, "error_cb": errors.append})
            while not stop.is_set():
                producer.produce("load", b"x" * 500, on_delivery=told)
                producer.poll(0.002)
            producer.flush(20)

        loading = threading.Thread(target=load)
        loading.start()
        kept = _connected(running.bootstrap, files, alice)
        assert _is_served(kept)
        try:
            wait_until(lambda count: count > 50, lambda: delivered)
            shown = _shown(running.bootstrap, files, alice)

            new = Authority("a new authority")
            bob = Files(tmp_path, new).client("bob")
            files.write_authority(files.authority, new)
            issued = files.authority.issue("broker", hosts=HOSTS)
            files.write_broker(issued)
            written_at = time.monotonic()
            wait_until(lambda now: now == issued.der, lambda: _shown(running.bootstrap, files, alice))
            wait_until(bool, lambda: _shown(running.bootstrap, files, bob))
            assert time.monotonic() - written_at < NEW_ONES_WITHIN_S
            assert shown != issued.der
            assert _is_served(kept)

            files.broker.write_bytes(b"-----BEGIN half of it")
            metric = 'penstock_tls_files_unusable{listener="SSL"} 1.0'
            wait_until(lambda text: metric in text, lambda: _metrics(running), deadline_s=5)
            assert _shown(running.bootstrap, files, alice) == issued.der
            before = delivered
            wait_until(lambda count: count > before + 50, lambda: delivered)
            assert _is_served(kept), "a connection that was there before goes on, whatever became of certificates"
            kept.close()
        finally:
            stop.set()
            loading.join()
        assert errors == []


def _connected(bootstrap: str, files: Files, certificate: Path) -> ssl.SSLSocket:
    """A connection that stays: libraries come back without a word when theirs was closed."""
    context = ssl.create_default_context(cafile=str(files.authorities))
    context.load_cert_chain(certificate)
    host, _, port = bootstrap.rpartition(":")
    return context.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname="localhost")


def _is_served(stream: ssl.SSLSocket) -> bool:
    """Whether ApiVersions is answered on it."""
    stream.sendall(struct.pack(">ihhih", 10, 18, 0, 7, -1))
    size, correlation_id, error_code = struct.unpack(">iih", stream.recv(10))
    left = size - 6
    while left:
        left -= len(stream.recv(left))
    return bool((correlation_id, error_code) == (7, 0))


def _shown(bootstrap: str, files: Files, certificate: Path) -> bytes | None:
    """The certificate that a new connection is shown, None when it is refused."""

    context = ssl.create_default_context(cafile=str(files.authorities))
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # where a refused certificate ends the handshake, not what comes after it
    context.load_cert_chain(certificate)
    host, _, port = bootstrap.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 10) as plain, context.wrap_socket(plain, server_hostname="localhost") as stream:
            return stream.getpeercert(binary_form=True)
    except ssl.SSLError:
        return None


def _metrics(running: Penstock | ClusterBroker) -> str:

    with urllib.request.urlopen(f"http://{running.http}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


@pytest.mark.timeout(240)
def test_brokers_of_a_cluster_find_each_other_over_tls(tmp_path: Path) -> None:
    """Each is told by both others."""
    files = Files.make(tmp_path)
    path = tmp_path / "server.properties"
    path.write_text(properties(files, cluster_peer_tls="true"))
    with Cluster(tmp_path / "cluster", 3, extra_args=("--properties", str(path)), own_ids=True) as cluster:
        for each in cluster.brokers:
            wait_until(lambda text: "penstock_cluster_peers 2.0" in text, lambda each=each: _metrics(each))  # type: ignore[misc]


def test_settings_that_cannot_be_served_are_refused_and_never_stop_the_broker(tmp_path: Path) -> None:
    """Kafka tries a new key before it takes it, and so does this. What was taken and is gone at the next start is left aside."""
    files = Files.make(tmp_path)
    settings = client("", files)
    with broker(tmp_path, files) as running:
        admin = AdminClient({**settings, "bootstrap.servers": running.bootstrap})
        (own,) = admin.list_topics(timeout=20).brokers

        def keystore(location: str) -> None:
            entry = ConfigEntry("ssl.keystore.location", location, incremental_operation=AlterConfigOpType.SET)
            resource = ConfigResource(ConfigResource.Type.BROKER, str(own), incremental_configs=[entry])
            admin.incremental_alter_configs([resource])[resource].result(20)

        for location, why in ((str(tmp_path / "none.pem"), "No such file"), ("/dev/zero", "larger than"), (str(files.authorities), "no private key")):
            with pytest.raises(KafkaException) as refused:
                keystore(location)
            assert refused.value.args[0].code() == KafkaError.INVALID_REQUEST
            assert why in refused.value.args[0].str()
        other = tmp_path / "other.pem"
        files.write_broker(files.authority.issue("broker", hosts=HOSTS))
        other.write_bytes(files.broker.read_bytes())
        keystore(str(other))
        round_trip({**settings, "bootstrap.servers": running.bootstrap})
        other.unlink()
        running.terminate()
        running.start()
        round_trip({**settings, "bootstrap.servers": running.bootstrap})
        assert "what was set for TLS while running cannot be used" in running.log_path.read_text()
