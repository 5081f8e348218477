"""What is revoked through one broker of a cluster holds on no other: sessions end there, and rules count."""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broker.cli.acl_requests import acl_of, created, deleted
from broker.cli.user_requests import Credential, altered, deletion, upsertion
from broker.wire.messages.create_delegation_token import CreateDelegationTokenRequest
from broker.wire.messages.expire_delegation_token import ExpireDelegationTokenRequest
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.clients.brokers import target_is_cluster, target_is_kafka
from tests.clients.test_sessions import Session
from tests.support.cluster import Cluster
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(target_is_kafka() or target_is_cluster(), reason="these start a cluster of their own"),
]

WORD = "wonder"
BOUND_S = 1.0
"""What docs/security.md promises of brokers that reach each other."""
METADATA = 3
DENIED = 29


class Scene:
    """Three brokers that ask for passwords, and what one can do about users through each of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "root").write_text(f"{WORD}\n")
        env = {
            "PENSTOCK_SASL_ENABLED_MECHANISMS": "SCRAM-SHA-256",
            "PENSTOCK_INITIAL_ADMIN": "root",
            "PENSTOCK_INITIAL_ADMIN_PASSWORD_FILE": str(folder / "root"),
            "PENSTOCK_DELEGATION_TOKENS": "true",
        }
        self.cluster = Cluster(folder / "cluster", own_ids=True, env=env, extra_args=("--listener", "SASL_PLAINTEXT://127.0.0.1:0"))
        login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "root", "sasl.password": WORD}
        self.config = folder / "root.properties"
        self.config.write_text("".join(f"{name}={value}\n" for name, value in login.items()))

    def address(self, index: int) -> str:
        return self.cluster[index].bootstrap.split(",")[1]

    def session(self, index: int, user: str, password: str = WORD, extension: str = "") -> Session:
        scene: Any = SimpleNamespace(broker=self.cluster[index])
        return Session(scene, user, password, extension=extension)

    def sessions(self, user: str, password: str = WORD, extension: str = "") -> list[Session]:
        return [self.session(index, user, password, extension) for index in range(3)]

    def set_password(self, index: int, user: str, password: str = WORD) -> None:
        assert altered(self.address(index), self.config, [upsertion(Credential(user, "SCRAM-SHA-256", 4096), password)]) == []

    def remove(self, index: int, user: str) -> None:
        assert altered(self.address(index), self.config, deletions=[deletion(Credential(user, "SCRAM-SHA-256", 4096))]) == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("revoked"))
    with made.cluster:
        for broker in made.cluster:
            wait_until(lambda text: "penstock_cluster_peers 2.0" in text, lambda broker=broker: _metrics(broker.http))  # type: ignore[misc]
        yield made


def _metrics(address: str) -> str:
    from urllib.request import urlopen

    with urlopen(f"http://{address}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def all_end(sessions: list[Session], revoke: Callable[[], object]) -> float:
    """How long after the revocation was answered the last of them was closed."""
    with ThreadPoolExecutor(len(sessions)) as pool:
        ends = [pool.submit(_end_of, session) for session in sessions]
        revoke()
        answered = time.monotonic()
        return max(end.result(30) for end in ends) - answered


def _end_of(session: Session) -> float:
    assert session.ends()
    return time.monotonic()


@pytest.mark.parametrize("how", ["removed", "changed"])
def test_sessions_of_a_password_end_on_every_broker(scene: Scene, how: str) -> None:
    """Whichever broker was told; others' go on, and nobody logs in with what was revoked."""
    for index, user in enumerate(("bob", "eve")):
        scene.set_password(index, f"{user}-{how}")
    bob, eve = scene.sessions(f"bob-{how}"), scene.sessions(f"eve-{how}")
    took_s = all_end(bob, lambda: scene.remove(2, f"bob-{how}") if how == "removed" else scene.set_password(2, f"bob-{how}", "another"))
    print(f"the last session ended {took_s:.3f} s after the answer")

    assert took_s < BOUND_S
    assert all(session.goes_on() for session in eve)
    for index in range(3):
        with pytest.raises(AssertionError):
            scene.session(index, f"bob-{how}")


def test_sessions_of_a_token_end_on_every_broker(scene: Scene) -> None:
    """Made through one, expired through another; its owner's go on."""
    owner = scene.sessions("root")
    made = owner[0].ask(38, 3, CreateDelegationTokenRequest(renewers=[], max_lifetime_ms=-1, owner_principal_type=None, owner_principal_name=None))
    assert made.error_code == 0
    bearers = scene.sessions(made.token_id, b64encode(made.hmac).decode(), ",tokenauth=true")

    def expire() -> None:
        assert owner[1].ask(40, 2, ExpireDelegationTokenRequest(hmac=made.hmac, expiry_time_period_ms=-1)).error_code == 0

    assert all_end(bearers, expire) < BOUND_S
    assert all(session.goes_on() for session in owner)


def test_a_rule_that_is_taken_away_counts_on_every_broker(scene: Scene) -> None:
    """For sessions that are there; so does one that is given."""
    scene.set_password(0, "carol")
    carol = scene.sessions("carol")
    rule = acl_of("User:carol", "describe", "topic:hidden")

    def seen() -> list[bool]:
        request = MetadataRequest(topics=[MetadataRequestTopic(name="hidden")], allow_auto_topic_creation=False)
        return [session.ask(METADATA, 9, request).topics[0].error_code != DENIED for session in carol]

    assert seen() == [False] * 3
    assert created(scene.address(1), scene.config, [rule]) == []
    wait_until(lambda now: now == [True] * 3, seen, deadline_s=BOUND_S)
    assert deleted(scene.address(2), scene.config, [rule]) == []
    wait_until(lambda now: now == [False] * 3, seen, deadline_s=BOUND_S)


def test_a_broker_that_was_away_holds_nothing_that_was_revoked(scene: Scene) -> None:
    """Stopped hard, and back."""
    scene.set_password(0, "dora")
    scene.cluster[1].kill()
    scene.remove(0, "dora")
    scene.cluster[1].start()

    with pytest.raises(AssertionError):
        scene.session(1, "dora")
    assert re.search(r"penstock_cluster_metadata_lag 0\.0", _metrics(scene.cluster[1].http))
