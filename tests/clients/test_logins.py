"""Real clients log in: by every mechanism, again and again, and not at all with what is wrong.

They all do so at once, each with every mechanism, for longer than a session holds; each test looks at what became of one of them.
"""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.clients.brokers import target_is_cluster, target_is_kafka
from tests.clients.catalog import CLIENTS, ClientSpec
from tests.clients.conftest import DriverOf
from tests.clients.driver import ClientError, Json
from tests.security.sasl.tokens import ISSUER, key_list, listed, token
from tests.support.penstock import Penstock

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(target_is_kafka() or target_is_cluster(), reason="these start a broker of their own, alone"),
]

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
SESSION_MS = 4000
LONG_S = 9
PATIENT_MS = 13_000
PATIENT = frozenset({"kafkajs", "aiokafka"})
"""kafkajs logs in again ten seconds before the end, at every request if need be, although once a second is all that Kafka allows. aiokafka never does, and
tells its user when it is cut off."""
USER, PASSWORD = "admin", "wond3r"
RENEWS = frozenset({"confluent-kafka", "java-4", "java-3", "kafkajs", "franz-go"})
"""Clients that log in again on a connection that they have (KIP-368). kafka-python is cut off when its time is over, and comes again by itself."""
SILENT = {
    ("kafka-python", None): "unable to bootstrap",
    ("aiokafka", None): "unable to bootstrap",
    ("kafkajs", "OAUTHBEARER"): "closed connection",
    ("franz-go", "OAUTHBEARER"): "unexpected data in oauth",
}
"""What clients say that do not pass on why a login failed, for all mechanisms or for one."""
TRIED = [spec for spec in CLIENTS if spec.name not in ("confluent-kafka-2.10", "aiokafka-0.12")]
ATTEMPTS = [(spec, mechanism) for spec in TRIED for mechanism in MECHANISMS]
EACH = pytest.mark.parametrize(("spec", "mechanism"), ATTEMPTS, ids=lambda it: it.name if isinstance(it, ClientSpec) else it)


class Scene:
    """A broker and what each client came to."""

    def __init__(self, folder: Path) -> None:
        (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        (folder / "password").write_text(f"{PASSWORD}\n")
        (folder / "keys").write_bytes(key_list(listed("RS256", "k1"), listed("ES256", "k2")))
        settings = {
            "sasl.enabled.mechanisms": ",".join(MECHANISMS),
            "connections.max.reauth.ms": SESSION_MS,
            "listener.name.patient.connections.max.reauth.ms": PATIENT_MS,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,PATIENT:SASL_PLAINTEXT",
            "sasl.oauthbearer.jwks.endpoint.url": (folder / "keys").as_uri(),
            "sasl.oauthbearer.expected.issuer": ISSUER,
            "sasl.oauthbearer.expected.audience": "penstock",
            "sasl_oauthbearer_algorithms": "RS256,ES256",
            "sasl_plain_users_file": folder / "users",
            "initial_admin": USER,
            "initial_admin_password_file": folder / "password",
        }
        (folder / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self.broker = Penstock(
            folder / "data",
            *("--listener", "SASL_PLAINTEXT://127.0.0.1:0", "--listener", "PATIENT://127.0.0.1:0"),
            *("--properties", str(folder / "server.properties")),
        )
        self.good: dict[tuple[str, str], Future[Json]] = {}
        self.bad: dict[tuple[str, str], Future[Json]] = {}

    def bootstrap(self, client: str) -> str:
        return self.broker.bootstrap.split(",")[2 if client in PATIENT else 1]

    def try_all(self, driver_of: DriverOf) -> None:
        now_s = int(time.time())
        drivers = {spec.name: driver_of(spec.name) for spec in TRIED}
        for spec, mechanism in ATTEMPTS:
            bearer = mechanism == "OAUTHBEARER"
            right = token("RS256", "k1", now_s=now_s, exp=now_s + 3600, sub=USER) if bearer else PASSWORD
            wrong = token("RS256", "k1", number=9, now_s=now_s, exp=now_s + 3600, sub=USER) if bearer else "wrong"
            for secret, seconds, into in ((right, LONG_S, self.good), (wrong, 0, self.bad)):
                into[(spec.name, mechanism)] = drivers[spec.name].submit(
                    "login", bootstrap=self.bootstrap(spec.name), mechanism=mechanism, user=USER, secret=secret, seconds=seconds
                )

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(f"http://{self.broker.http}/metrics") as answer:
            found = re.search(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.M)
        return float(found[1]) if found else 0.0


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, driver_of: DriverOf) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("logins"))
    try:
        made.broker.start()
        made.try_all(driver_of)
        yield made
    finally:
        made.broker.kill()


@EACH
def test_a_client_logs_in_and_stays(scene: Scene, spec: ClientSpec, mechanism: str) -> None:
    """Beyond the end of its session, without an error that its user would see."""
    rounds = scene.good[(spec.name, mechanism)].result(120)["rounds"]

    assert rounds >= 4


@EACH
def test_what_is_wrong_is_refused(scene: Scene, spec: ClientSpec, mechanism: str) -> None:
    """And the client says so, as far as it says such things."""
    with pytest.raises(ClientError) as refusal:
        scene.bad[(spec.name, mechanism)].result(120)

    said = SILENT.get((spec.name, None)) or SILENT.get((spec.name, mechanism)) or "authentication|sasl"
    assert re.search(said, refusal.value.text), refusal.value.text


def test_clients_logged_in_again_on_their_connections(scene: Scene) -> None:
    """More often than there were connections: the broker says so, and that nobody was cut off by a defect."""
    for future in [*scene.good.values(), *scene.bad.values()]:
        future.exception(120)
    counts = {mechanism: scene.metric(f'penstock_logins_total{{mechanism="{mechanism}",outcome="success"}}') for mechanism in MECHANISMS}
    opened = scene.metric('penstock_connections_opened_total{listener="SASL_PLAINTEXT"}')
    expired = scene.metric('penstock_connections_closed_total{reason="expired"}')
    print(json.dumps({"logins": counts, "connections": opened, "expired": expired}))

    for count in counts.values():
        assert count >= len(TRIED) + len(RENEWS)
    assert "defect" not in scene.broker.log_tail(10_000)
    assert PASSWORD not in scene.broker.log_tail(10_000)
