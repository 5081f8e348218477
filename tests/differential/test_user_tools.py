"""kafka-configs says the same about users of SCRAM, and kafka-delegation-tokens about tokens, of Penstock as of Apache Kafka, command by command."""

import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from tests.clients import kafka_tools as tools
from tests.support.kafka import ApacheKafka
from tests.support.penstock import Penstock
from tests.support.process import free_port
from tests.toolchain import kafka_broker_classpath, kafka_tools_runner, required

pytestmark = [pytest.mark.differential, pytest.mark.timeout(300), pytest.mark.xdist_group("differential")]

TOKENS = "org.apache.kafka.tools.DelegationTokenCommand"
ADMIN_PASSWORD, ANN_FIRST, ANN_SECOND, BOB_PASSWORD = "admin-word", "ann-first", "ann-second", "bob-word"
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required"
COMMON: dict[str, str | int] = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:admin",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "delegation.token.secret.key": "a secret that tokens are made with",
}


@dataclass(frozen=True)
class Addresses:
    """Where a broker listens: to whoever comes, and to who logs in."""

    open: str
    guarded: str


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Addresses, Addresses]]:
    """Apache Kafka, then Penstock."""
    required(kafka_tools_runner)
    required(kafka_broker_classpath)
    folder = tmp_path_factory.mktemp("user-tools")
    (folder / "users").write_text(f"admin:{ADMIN_PASSWORD}\n")
    plain, guarded, control = (free_port() for _ in range(3))
    theirs = {
        **COMMON,
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{control}",
        "listeners": f"PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{guarded},CONTROLLER://127.0.0.1:{control}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{guarded}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": f'{PLAIN_LOGIN} user_admin="{ADMIN_PASSWORD}";',
        **{f"listener.name.sasl_plaintext.{name}.sasl.jaas.config": f"{SCRAM_LOGIN};" for name in ("scram-sha-256", "scram-sha-512")},
    }
    ours = {**COMMON, "sasl_plain_users_file": folder / "users"}
    (folder / "penstock.properties").write_text("".join(f"{name}={value}\n" for name, value in ours.items()))
    penstock = Penstock(
        folder / "penstock", "--listener", "SASL_PLAINTEXT://127.0.0.1:0", "--properties", str(folder / "penstock.properties")
    )
    with ExitStack() as stack:
        stack.enter_context(ApacheKafka(folder / "kafka", theirs, low_heap=True))
        stack.enter_context(penstock)
        yield Addresses(f"127.0.0.1:{plain}", f"127.0.0.1:{guarded}"), Addresses(*penstock.bootstrap.split(","))


def said(tool: str, *arguments: str | Path) -> tuple[int, list[str]]:
    """The exit code, and what was printed without what differs from run to run: addresses, dates, and the stacks of errors."""
    done = subprocess.run(tools.command(tool, *map(str, arguments)), capture_output=True, text=True, timeout=90, check=False)
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", f"{done.stdout}\n{done.stderr}")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d", _hours_from_now, text)
    text = re.sub(r"SCRAM-SHA-\d+=\S+(?:, SCRAM-SHA-\d+=\S+)+", _sorted, text)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return done.returncode, sorted(line for line in lines if line and not line.startswith(("at ", "... ")))


def _sorted(mechanisms: "re.Match[str]") -> str:
    """Their order is that of a hash map."""
    return ", ".join(sorted(mechanisms[0].split(", ")))


def _hours_from_now(date: "re.Match[str]") -> str:
    then = datetime.fromisoformat(date[0]).astimezone(UTC)
    return f"in {round((then - datetime.now(UTC)).total_seconds() / 3600)} hours"


def of_both(ask: Callable[[Addresses], tuple[int, list[str]]], brokers: tuple[Addresses, Addresses]) -> tuple[int, list[str]]:
    """What the tool says of both, which is the same."""
    with ThreadPoolExecutor(2) as pool:
        theirs, ours = pool.map(ask, brokers)
    assert ours == theirs
    return ours


def logs_in(address: str, mechanism: str, user: str, password: str) -> bool:
    """A client of another library."""
    failures: list[str] = []
    settings = {"bootstrap.servers": address, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "log_level": 0}
    named = {"sasl.username": user, "sasl.password": password, "error_cb": lambda error: failures.append(error.name())}
    producer = Producer({**settings, **named, "enable.metrics.push": False})
    try:
        producer.list_topics(timeout=3)
        return True
    except KafkaException:
        producer.poll(0)
        assert "_AUTHENTICATION" in failures
        return False


ANN, BOB, ALL = (("--entity-type", "users", *name) for name in (("--entity-name", "ann"), ("--entity-name", "bob"), ()))
USERS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("--alter", "--add-config", f"SCRAM-SHA-256=[iterations=8192,password={ANN_FIRST}]", *ANN), 0, "Completed updating config for user ann."),
    (("--alter", "--add-config", f"SCRAM-SHA-512=[password={ANN_FIRST}]", *ANN), 0, "Completed updating config for user ann."),
    (("--alter", "--add-config", f"SCRAM-SHA-512=[iterations=4097,password={BOB_PASSWORD}]", *BOB), 0, "Completed updating config for user bob."),
    (("--alter", "--add-config", f"SCRAM-SHA-512=[password={ANN_SECOND}]", *ANN), 0, "Completed updating config for user ann."),
    (("--describe", *ALL), 0, "SCRAM credential configs for user-principal 'ann' are SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096"),
    (("--alter", "--delete-config", "SCRAM-SHA-256", *ANN), 0, "Completed updating config for user ann."),
    (("--alter", "--delete-config", "SCRAM-SHA-256", *ANN), 1, "ResourceNotFoundException"),
    (("--alter", "--add-config", "SCRAM-SHA-1=[password=x]", *ANN), 1, "Unexpected config names: Set(SCRAM-SHA-1)"),
    (("--alter", "--add-config", "SCRAM-SHA-256=[iterations=16385,password=x]", *ANN), 1, "UnacceptableCredentialException"),
)
"""Arguments, exit code, and something that is said."""


def test_users_are_made_and_unmade_the_same(brokers: tuple[Addresses, Addresses]) -> None:
    """Made by both mechanisms, changed, described, removed, refused; who was made that way logs in with the last password, and by no other mechanism."""
    for arguments, exit_code, something in USERS:
        code, lines = of_both(lambda broker: said(tools.CONFIGS, "--bootstrap-server", broker.open, *arguments), brokers)  # noqa: B023 - over at once
        assert code == exit_code, lines
        assert any(something in line for line in lines), (arguments, lines)
    tried = [("SCRAM-SHA-512", ANN_SECOND), ("SCRAM-SHA-512", ANN_FIRST), ("SCRAM-SHA-256", ANN_FIRST)]
    with ThreadPoolExecutor(6) as pool:
        came_in = pool.map(lambda one: logs_in(one[0].guarded, one[1], "ann", one[2]), [(broker, *each) for broker in brokers for each in tried])
        assert list(came_in) == [True, False, False] * 2


def test_tokens_are_made_renewed_and_ended_the_same(brokers: tuple[Addresses, Addresses], tmp_path: Path) -> None:
    """By their owner, and by a renewer who is a user of SCRAM; another may do neither, and what has ended is not there."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    for each in brokers:
        admin = AdminClient({"bootstrap.servers": each.open})
        made = admin.alter_user_scram_credentials([UserScramCredentialUpsertion(name, info, BOB_PASSWORD.encode()) for name in ("ann", "bob")])
        assert [future.result(30) for future in made.values()] == [None, None]
    who = {"admin": ("PLAIN", PLAIN_LOGIN, ADMIN_PASSWORD)} | dict.fromkeys(("ann", "bob"), ("SCRAM-SHA-512", SCRAM_LOGIN, BOB_PASSWORD))
    for name, (mechanism, module, password) in who.items():
        login = f'sasl.jaas.config={module} username="{name}" password="{password}";'
        (tmp_path / name).write_text(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\n{login}\n")
    secrets: dict[Addresses, str] = {}

    def told(broker: Addresses, name: str, *arguments: str) -> tuple[int, list[str]]:
        given = [secrets[broker] if each == "HMAC" else each for each in arguments]
        code, lines = said(TOKENS, "--bootstrap-server", broker.guarded, "--command-config", tmp_path / name, *given)
        made = re.search(r"^(?P<id>[\w-]{22}) (?P<hmac>[\w+/]{86}==) ", "\n".join(lines), re.M)
        if made:
            secrets.setdefault(broker, made["hmac"])
            lines = [line.replace(made["id"], "ID") for line in lines]
        return code, sorted(line.replace(secrets[broker], "HMAC") for line in lines)

    for name, arguments, exit_code, something in (
        ("admin", ("--create", "--max-life-time-period", "-1", "--renewer-principal", "User:ann"), 0, "[User:ann] in 0 hours in 24 hours in 168 hours"),
        ("admin", ("--describe", "--owner-principal", "User:admin"), 0, "ID HMAC User:admin User:admin [User:ann]"),
        ("ann", ("--renew", "--renew-time-period", "7200000", "--hmac", "HMAC"), 0, "New expiry date : in 2 hours"),
        ("bob", ("--renew", "--renew-time-period", "-1", "--hmac", "HMAC"), 1, "DelegationTokenOwnerMismatchException"),
        ("bob", ("--create", "--max-life-time-period", "-1", "--owner-principal", "User:ann"), 1, "DelegationTokenAuthorizationException"),
        ("admin", ("--expire", "--expiry-time-period", "-1", "--hmac", "HMAC"), 0, "Completed expire operation."),
        ("ann", ("--renew", "--renew-time-period", "-1", "--hmac", "HMAC"), 1, "DelegationTokenNotFoundException"),
    ):
        code, lines = of_both(lambda broker: told(broker, name, *arguments), brokers)  # noqa: B023 - over at once
        assert code == exit_code, lines
        assert any(something in line for line in lines), (arguments, lines)
