"""What a command says when a rule did not let it is what helps."""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.cli.acl_requests import acl_of, created
from broker.cli.rights import advice, on_cluster, on_group, on_topic
from tests.broker.cli.conftest import Result, run_command
from tests.support.penstock import Penstock


def test_only_denials_get_advice() -> None:
    """And only where it is known what was missing; names stay one word for the shell."""
    given = advice("TOPIC_AUTHORIZATION_FAILED", on_topic("read", "a b;rm"))

    assert "needs read on topic:a b;rm" in given
    assert shlex.split(given.split("`")[1])[-1] == "topic:a b;rm"
    assert advice("TOPIC_AUTHORIZATION_FAILED", None) == ""
    assert advice("UNKNOWN_TOPIC_OR_PARTITION", on_topic("read", "a")) == ""
    assert advice("GROUP_AUTHORIZATION_FAILED", on_topic("read", "a")) == "", "better none than a wrong one"
    assert "transactional-id:x" in advice("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", ("write", "transactional-id:x"))
    assert (on_group("delete", "g"), on_cluster("alter")) == (("delete", "group:g"), ("alter", "cluster"))


@dataclass(frozen=True)
class Scene:
    run_as: Callable[..., Result]
    grant: Callable[[str, str], Result | None]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A broker with root, who may do everything, and others whom no rule allows anything."""
    folder: Path = tmp_path_factory.mktemp("rights")
    names = ("root", *(f"user{number}" for number in range(len(COMMANDS))))
    (folder / "users").write_text("".join(f"{name}:word\n" for name in names))
    (folder / "wanted.toml").write_text('[[topics]]\nname = "made"\n[[quotas]]\nuser = "x"\nproducer_byte_rate = 5\n')
    settings = {"sasl.enabled.mechanisms": "PLAIN", "sasl_plain_users_file": folder / "users", "super.users": "User:root"}
    (folder / "server.properties").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    for name in names:
        login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": name, "sasl.password": "word"}
        (folder / name).write_text("".join(f"{key}={value}\n" for key, value in login.items()))
    with Penstock(folder / "data", "--properties", str(folder / "server.properties"), speaks="SASL_PLAINTEXT") as broker:

        def run(name: str, *arguments: str) -> Result:
            given = (str(folder / each[1:]) if each.startswith("@") else each for each in arguments)
            return run_command(*given, "--client-config", str(folder / name), bootstrap=broker.bootstrap, stdin=b"x\n")

        def grant(command: str, name: str) -> Result | None:
            """Whether root may do as it was told; the first time in a process of its own, as a person does it."""
            arguments = shlex.split(command.replace("User:NAME", f"User:{name}"))
            if not granted:
                granted.append(command)
                return run("root", *arguments)
            principal, operation, resource = arguments[3::2]
            assert created(broker.bootstrap, folder / "root", [acl_of(principal, operation, resource)]) == []
            return None

        granted: list[str] = []
        for topic in ("there", "too"):
            assert run("root", "topics", "create", topic).code == 0
        yield Scene(run, grant)


COMMANDS = (
    ("acls", "add", "-p", "User:x", "-o", "read", "-r", "topic:t"),
    ("quotas", "set", "--user", "x", "producer_byte_rate=5"),
    ("topics", "describe", "there"),
    ("topics", "alter", "there", "--config", "retention.ms=5", "--partitions", "2"),
    ("topics", "delete", "too", "--yes"),
    ("groups", "reset-offsets", "g", "--topic", "there", "--to-earliest", "--execute"),
    ("apply", "-f", "@wanted.toml", "--yes"),
    ("produce", "there"),
    ("consume", "there", "--exit-at-end"),
)


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=lambda number: "-".join(COMMANDS[number][:2]))
def test_the_advice_is_right(scene: Scene, number: int) -> None:
    """Who is given what the message says gets on, and at the end gets what was asked for."""
    name, given = f"user{number}", set[str]()
    while True:
        tried = scene.run_as(name, *COMMANDS[number])
        if tried.code == 0:
            break
        found = re.search(r"_AUTHORIZATION_FAILED\b.*\. It needs \S+ on \S+, which an administrator gives with `penstock (acls add .+)`", tried.err)
        assert found, tried.err
        assert found[1] not in given, "it was given that already"
        given.add(found[1])
        done = scene.grant(found[1], name)
        assert done is None or done.code == 0
    assert given, "nobody gave it anything, and it was let through"
