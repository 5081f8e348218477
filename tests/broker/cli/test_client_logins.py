"""The commands where clients have to show who they are: over TLS, by password and by certificate, and what is said when that is wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.broker.cli.conftest import Result, run_command
from tests.support.certificates import Authority, Files
from tests.support.penstock import Penstock

ROOT, ANN, WRONG = "root-s3cret", "ann-s3cret", "wrong-s3cret"
WANTED = """
[[topics]]
name = "wanted"

[[users]]
name = "bob"
password_file = "ann.password"

[[acls]]
principal = "User:bob"
allow = "read"
resource = "topic:wanted"

[[quotas]]
user = "bob"
producer_byte_rate = 1000
"""


class Scene:
    """A broker with two listeners: one for passwords, one for certificates, both over TLS."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = Files.make(folder)
        (folder / "users").write_text(f"root:{ROOT}\n")
        (folder / "ann.password").write_text(f"{ANN}\n")
        (folder / "wanted.toml").write_text(WANTED)
        settings = {
            **self.files.settings(),
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "sasl_plain_users_file": folder / "users",
            "super.users": "User:root;User:admin;User:ann",
            "listener.name.ssl.ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
        }
        self.properties("server", settings)
        path = str(folder / "server.properties")
        self.broker = Penstock(folder / "data", "--listener", "SSL://127.0.0.1:0", "--properties", path, speaks="SASL_SSL")

    def properties(self, name: str, settings: dict[str, object]) -> str:
        path = self.folder / f"{name}.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        return str(path)

    def login(self, mechanism: str, user: str, password: str) -> str:
        login = {"security.protocol": "SASL_SSL", "sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password}
        return self.properties(f"{mechanism}-{user}-{password}", {**login, "ssl.ca.location": self.files.authorities})

    def certificate(self, name: str, files: Files | None = None) -> str:
        own = (files or self.files).client(name)
        shown = {"ssl.certificate.location": own, "ssl.key.location": own}
        return self.properties(f"certificate-{name}", {"security.protocol": "SSL", "ssl.ca.location": self.files.authorities, **shown})

    def run(self, config: str, *arguments: str, listener: int = 0) -> Result:
        return run_command(*arguments, "--client-config", config, bootstrap=self.broker.bootstrap.split(",")[listener])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("client-logins"))
    with made.broker:
        root = made.login("PLAIN", "root", ROOT)
        assert made.run(root, "users", "set", "ann", "--password-file", str(made.folder / "ann.password")).code == 0
        yield made


WAYS: dict[str, tuple[Callable[[Scene], str], int]] = {
    "PLAIN": (lambda scene: scene.login("PLAIN", "root", ROOT), 0),
    "SCRAM-SHA-512": (lambda scene: scene.login("SCRAM-SHA-512", "ann", ANN), 0),
    "certificate": (lambda scene: scene.certificate("admin"), 1),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_command_gets_in(scene: Scene, way: str) -> None:
    """Whatever library it asks with."""
    made, listener = WAYS[way]
    config = made(scene)
    wanted = str(scene.folder / "wanted.toml")

    def run(*arguments: str) -> str:
        result = scene.run(config, *arguments, listener=listener)
        assert (result.code, ANN in result.err + result.out) == (0, False), result.err
        return result.out + result.err

    run("apply", "-f", wanted, "--yes")
    assert "nothing to change" in run("apply", "-f", wanted, "--yes")
    assert all("bob" in run(command, "list") for command in ("users", "acls", "quotas"))
    assert "wanted" in run("topics", "list")
    assert "no groups" in run("groups", "list")


COMMANDS = (("users", "list"), ("topics", "list"), ("groups", "list"), ("consume", "wanted", "--exit-at-end"))


@pytest.mark.parametrize(("mechanism", "user"), [("PLAIN", "root"), ("SCRAM-SHA-512", "ann"), ("SCRAM-SHA-512", "nobody")])
def test_a_wrong_password_is_said_to_be_one(scene: Scene, mechanism: str, user: str) -> None:
    """Not that nobody is there; the password is in no message, and the exit code is that of a refusal. Whether there is such a user does not show."""
    config = scene.login(mechanism, user, WRONG)
    commands = COMMANDS if user == "ann" else COMMANDS[:1]
    for arguments in (*commands, ("apply", "-f", str(scene.folder / "wanted.toml"), "--yes")):
        refused = scene.run(config, *arguments)
        assert (refused.code, refused.out) == (1, ""), (arguments, refused.err)
        assert "does not let this client in" in refused.err
        assert f"invalid credentials with SASL mechanism {mechanism}" in refused.err
        assert "sasl.*" in refused.err
        assert WRONG not in refused.err


@pytest.mark.parametrize(
    ("protocol", "more", "says", "code"),
    [
        ("SASL_SSL", {"sasl.mechanism": "SCRAM-SHA-256"}, "broker's supported mechanisms: PLAIN,SCRAM-SHA-512", 1),
        ("SASL_SSL", {"sasl.mechanism": "PLAIN", "ssl.ca.pem": "OTHER"}, "Look at the ssl.* properties", 3),
        ("PLAINTEXT", {}, "If it expects TLS or a login, say so with --client-config", 3),
    ],
)
def test_what_else_is_wrong_is_said(scene: Scene, protocol: str, more: dict[str, str], says: str, code: int) -> None:
    """With what to look at."""
    settings: dict[str, object] = {"security.protocol": protocol, "ssl.ca.location": scene.files.authorities, **more}
    if more:
        settings |= {"sasl.username": "root", "sasl.password": ROOT}
    if settings.pop("ssl.ca.pem", None):
        other = scene.folder / "other-ca.pem"
        other.write_bytes(Authority().pem())
        settings["ssl.ca.location"] = other
    refused = scene.run(scene.properties("wrong", settings), "users", "list")

    assert (refused.code, refused.out) == (code, ""), refused.err
    assert says in refused.err
    assert ROOT not in refused.err


def test_a_certificate_of_nobody_is_refused(scene: Scene) -> None:
    """Or none at all."""
    of_another = scene.certificate("mallory", Files(scene.folder, Authority()))
    none = scene.properties("none", {"security.protocol": "SSL", "ssl.ca.location": scene.files.authorities})
    for config in (of_another, none):
        refused = scene.run(config, "topics", "list", listener=1)
        assert (refused.code, refused.out) == (3, ""), refused.err
        assert "no TLS connection" in refused.err
        assert "Look at the ssl.* properties" in refused.err
