"""A broker as it would face the world: one listener with TLS where clients log in, and one without beside it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from confluent_kafka.admin import AdminClient, NewTopic
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.hostile.attacks import COMPACTED_TOPIC, HONEST_TOPIC, STORED_TOPIC
from tests.hostile.raw_client import Target
from tests.security.sasl.tokens import ISSUER, key_list, listed, private_key
from tests.support.certificates import Files
from tests.support.penstock import Penstock

HONEST: Final = ("honest", "wonder")
CHAIN: Final = 300
"""Certificates that a hostile client shows at once."""


class Scene:
    """``more`` are settings. As a context manager the broker runs, and topics are there."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.files = Files.make(folder)
        target = Target("", "", str(self.files.authorities), str(folder / "public.pem"))
        (folder / "users").write_text(f"{HONEST[0]}:{HONEST[1]}\n{target.user}:{target.password}\n")
        (folder / "keys").write_bytes(key_list(listed("RS256", "k1")))
        (folder / "public.pem").write_bytes(private_key("RS256").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        client = self.files.client("mallory").read_bytes()
        (folder / "ca.pem.chain").write_bytes(client + self.files.authority.pem() * CHAIN)
        settings = {
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,OAUTHBEARER",
            "connections.max.reauth.ms": 600_000,
            "sasl.oauthbearer.jwks.endpoint.url": (folder / "keys").as_uri(),
            "sasl.oauthbearer.expected.issuer": ISSUER,
            "sasl.oauthbearer.expected.audience": "penstock",
            "sasl_oauthbearer_algorithms": "RS256",
            "sasl_plain_users_file": folder / "users",
            "ssl.keystore.location": self.files.broker,
            "ssl.truststore.location": self.files.authorities,
            "ssl.client.auth": "requested",
            "super.users": "User:honest",
            "allow.everyone.if.no.acl.found": "true",
        } | more  # fmt: skip
        (folder / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        extra = ("--listener", "PLAINTEXT://127.0.0.1:0", "--properties", str(folder / "server.properties"))
        self.broker = Penstock(folder / "data", *extra, speaks="SASL_SSL")
        self._target = target

    def __enter__(self) -> "Scene":
        self.broker.start()
        admin = AdminClient(self.client_settings())
        topics = [NewTopic(HONEST_TOPIC, 1, 1), NewTopic(STORED_TOPIC, 1, 1), NewTopic(COMPACTED_TOPIC, 1, 1, config={"cleanup.policy": "compact"})]
        for made in admin.create_topics(topics).values():
            made.result(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.kill()

    @property
    def target(self) -> Target:
        """Where attacks go."""
        tls, plain = self.broker.bootstrap.split(",")
        return Target(tls, plain, self._target.authorities, self._target.public_key)

    def client_settings(self) -> dict[str, Any]:
        """Of an honest client, for confluent-kafka."""
        return {
            "bootstrap.servers": self.broker.bootstrap.split(",")[0],
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.username": HONEST[0],
            "sasl.password": HONEST[1],
            "ssl.ca.location": str(self.files.authorities),
            "enable.metrics.push": False,
            "log_level": 0,
        }  # fmt: skip


class Memory:
    """A process's resident memory, in MiB, and the most it ever had since it was asked last."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def now(self) -> float:
        return self._read("VmRSS")

    def peak(self) -> float:
        return self._read("VmHWM")

    def begin(self) -> None:
        """Forget the peak so far."""
        with contextlib.suppress(OSError):
            (self._folder / "clear_refs").write_text("5")

    def _read(self, name: str) -> float:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def log_lines(scene: Scene) -> Iterator[str]:
    """What the broker has logged."""
    yield from scene.broker.log_path.read_text(errors="replace").splitlines()
