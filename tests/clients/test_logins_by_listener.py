"""A listener for each identity provider: a token is taken where it is meant to be, and nowhere else."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer

from tests.clients.brokers import target_is_cluster, target_is_kafka
from tests.security.sasl.tokens import ISSUER, key_list, listed, token
from tests.support.penstock import Penstock

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(target_is_kafka() or target_is_cluster(), reason="these start a broker of their own, alone"),
]
OTHER = "https://partner.example"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Penstock]:
    """Staff come by one listener, partners by the other; both providers call their key the same."""
    folder: Path = tmp_path_factory.mktemp("issuers")
    (folder / "staff").write_bytes(key_list(listed("RS256", "k1")))
    (folder / "partners").write_bytes(key_list(listed("ES256", "k1", 1)))
    settings = {
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,STAFF:SASL_PLAINTEXT,PARTNERS:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "OAUTHBEARER",
        "sasl.oauthbearer.expected.audience": "penstock",
        "sasl.oauthbearer.jwks.endpoint.url": (folder / "staff").as_uri(),
        "sasl.oauthbearer.expected.issuer": ISSUER,
        "sasl_oauthbearer_algorithms": "RS256",
        "listener.name.partners.oauthbearer.sasl.oauthbearer.jwks.endpoint.url": (folder / "partners").as_uri(),
        "listener.name.partners.oauthbearer.sasl.oauthbearer.expected.issuer": OTHER,
        "listener.name.partners.sasl_oauthbearer_algorithms": "ES256",
    }
    (folder / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    listeners = ("--listener", "STAFF://127.0.0.1:0", "--listener", "PARTNERS://127.0.0.1:0")
    with Penstock(folder / "data", *listeners, "--properties", str(folder / "server.properties")) as running:
        yield running


def logs_in(address: str, bearer: str) -> bool:
    failures: list[str] = []
    producer = Producer(
        {
            "bootstrap.servers": address,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "OAUTHBEARER",
            "oauth_cb": lambda config: (bearer, time.time() + 3600),
            "error_cb": lambda error: failures.append(error.name()),
            "log_level": 0,
        }
    )
    try:
        producer.list_topics(timeout=3)
        return True
    except KafkaException:
        producer.poll(0)
        assert "_AUTHENTICATION" in failures
        return False


def test_each_listener_takes_the_tokens_of_its_provider(broker: Penstock) -> None:
    """Not the other's, and none that says it is the other's."""
    now_s = int(time.time())
    staff = token("RS256", "k1", now_s=now_s)
    partner = token("ES256", "k1", 1, now_s=now_s, iss=OTHER)
    pretended = token("RS256", "k1", now_s=now_s, iss=OTHER)
    _, of_staff, of_partners = broker.bootstrap.split(",")

    tried = [(of_staff, staff), (of_staff, partner), (of_staff, pretended), (of_partners, partner), (of_partners, staff), (of_partners, pretended)]
    with ThreadPoolExecutor(len(tried)) as pool:
        assert list(pool.map(lambda one: logs_in(*one), tried)) == [True, False, False] * 2
