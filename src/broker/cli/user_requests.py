"""What the commands ask of a broker about users who log in with SCRAM. A password never leaves this process: the broker is sent what it salts to."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from broker.cli.failure import USAGE, CommandFailed
from broker.cli.plain_client import ask, brokers, check
from broker.cli.rights import on_cluster

DESCRIBE_USER_SCRAM_CREDENTIALS: Final = 50
ALTER_USER_SCRAM_CREDENTIALS: Final = 51
RESOURCE_NOT_FOUND: Final = 91

MECHANISMS: Final = {"SCRAM-SHA-256": 1, "SCRAM-SHA-512": 2}
"""By Kafka's codes."""

_DIGESTS: Final = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
DEFAULT_MECHANISM: Final = "SCRAM-SHA-512"
DEFAULT_ITERATIONS: Final = 8192
_ITERATIONS: Final = range(4096, 16384 + 1)
"""What Kafka takes."""

_SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Credential:
    """What can be seen of how a user logs in."""

    user: str
    mechanism: str
    iterations: int


def described(bootstrap: str, client_config: Path | None) -> list[Credential]:
    """All users, each with its mechanisms."""
    from broker.wire.messages.describe_user_scram_credentials import DescribeUserScramCredentialsRequest

    request = DescribeUserScramCredentialsRequest(users=None)
    answer = ask(brokers(bootstrap, client_config)[0], DESCRIBE_USER_SCRAM_CREDENTIALS, 0, request)
    check(answer.error_code, "users were not shown", answer.error_message, on_cluster("describe"))
    names = {code: name for name, code in MECHANISMS.items()}
    found = [
        Credential(result.user, names.get(info.mechanism, f"mechanism {info.mechanism}"), info.iterations)
        for result in answer.results
        for info in result.credential_infos
    ]
    return sorted(found, key=lambda credential: (credential.user, credential.mechanism))


def upsertion(credential: Credential, password: str) -> Any:
    """What sets the password, as the broker is sent it."""
    from broker.wire.messages.alter_user_scram_credentials import (
        AlterUserScramCredentialsRequestScramCredentialUpsertion,
    )

    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _DIGESTS[credential.mechanism]
    return AlterUserScramCredentialsRequestScramCredentialUpsertion(
        name=credential.user,
        mechanism=MECHANISMS[credential.mechanism],
        iterations=credential.iterations,
        salt=salt,
        salted_password=hashlib.pbkdf2_hmac(digest, password.encode(), salt, credential.iterations),
    )


def deletion(credential: Credential) -> Any:
    """What takes it away."""
    from broker.wire.messages.alter_user_scram_credentials import (
        AlterUserScramCredentialsRequestScramCredentialDeletion,
    )

    return AlterUserScramCredentialsRequestScramCredentialDeletion(
        name=credential.user, mechanism=MECHANISMS[credential.mechanism]
    )


def altered(
    bootstrap: str, client_config: Path | None, upsertions: Sequence[Any] = (), deletions: Sequence[Any] = ()
) -> list[str]:
    """Set and take away; what was refused, in words. A broker takes one change of a user at a time, so there are as many requests as a user has."""
    from broker.wire.messages.alter_user_scram_credentials import AlterUserScramCredentialsRequest

    address = brokers(bootstrap, client_config)[0]
    failures: list[str] = []
    left = [*(("upsertions", each) for each in upsertions), *(("deletions", each) for each in deletions)]
    while left:
        batch: dict[str, tuple[str, Any]] = {}
        for kind, each in left:
            batch.setdefault(each.name, (kind, each))
        left = [(kind, each) for kind, each in left if batch[each.name][1] is not each]
        request = AlterUserScramCredentialsRequest(
            upsertions=[each for kind, each in batch.values() if kind == "upsertions"],
            deletions=[each for kind, each in batch.values() if kind == "deletions"],
        )
        for result in ask(address, ALTER_USER_SCRAM_CREDENTIALS, 0, request).results:
            try:
                check(result.error_code, f"user {result.user} was not changed", result.error_message, on_cluster("alter"))
            except CommandFailed as failure:
                failures.append(str(failure))
    return failures


def read_password(path: Path) -> str:
    """A password from a file: all of it but the end of its last line. Raises CommandFailed, never with anything of what is in it."""
    try:
        password = path.read_bytes().decode()
    except OSError as error:
        raise CommandFailed(f"cannot read {path}: {error.strerror}", USAGE) from error
    except UnicodeDecodeError:
        raise CommandFailed(f"cannot read {path}: it is not UTF-8 text", USAGE) from None
    password = password.removesuffix("\n").removesuffix("\r")
    if not password:
        raise CommandFailed(f"{path} has no password in it", USAGE)
    return password


def check_credential(credential: Credential) -> None:
    """Raises CommandFailed for what no broker takes."""
    if not credential.user:
        raise CommandFailed("a user needs a name", USAGE)
    if credential.mechanism not in MECHANISMS:
        raise CommandFailed(f"there is no mechanism {credential.mechanism}: {' and '.join(MECHANISMS)} are known", USAGE)
    if credential.iterations not in _ITERATIONS:
        raise CommandFailed(f"iterations are from {_ITERATIONS.start} to {_ITERATIONS.stop - 1}, not {credential.iterations}", USAGE)
