"""Makes the first administrator: once in the life of a cluster, with all that belongs to it in one change of the catalog.

Its rights are ordinary rules, so that they are seen, and can be taken away, like everybody's.
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio.to_thread

from broker.admin.access_register import AccessRegister
from broker.config.settings import Settings
from broker.storage.catalog.access import AccessEntry, AccessKind
from observability import logs
from security.acls import stored
from security.acls.acl import Acl
from security.acls.kinds import CLUSTER_NAME, WILDCARD, Operation, PatternType, Permission, ResourceType
from security.principal import user_of
from security.sasl.scram_credentials import (
    ITERATIONS_MAX,
    MECHANISMS,
    credential_name,
    from_password,
    name_problem,
    write,
)

MARK: Final = "initial-admin"
FILE: Final = "initial-admin-password"
PASSWORD_MAX: Final = 1024
_SALT_BYTES: Final = 32
_RESOURCES: Final = (
    (ResourceType.CLUSTER, CLUSTER_NAME),
    *((each, WILDCARD) for each in ResourceType if each > ResourceType.CLUSTER or each in (ResourceType.TOPIC, ResourceType.GROUP)),
)
_log = logs.get("logins")


class InitialAdminImpossible(ValueError):
    """The first administrator cannot be made; the text says why, without the password."""


async def make_initial_admin(settings: Settings, register: AccessRegister) -> None:
    """If one is wanted, none was ever made, and there are no users. Raises InitialAdminImpossible, and what the catalog raises."""
    name = settings.initial_admin
    if name is None or register.find(AccessKind.MADE, MARK) is not None:
        return
    if register.names(AccessKind.SCRAM):
        _log.warning("the first administrator is not made: there are users already", user=name)
        return
    problem = name_problem(name) or (None if name.isascii() and name.isprintable() else "Username must be printable ASCII")
    if problem is not None:
        raise InitialAdminImpossible(f"initial_admin: {problem}")
    # Making keys of a password takes long by intention; reading it may.
    entries, made_in = await anyio.to_thread.run_sync(_entries, name, settings.initial_admin_password_file, settings.data_dir)
    await register.change([*entries, AccessEntry(AccessKind.MADE, MARK, '{"v":1}')])
    _log.info("the first administrator was made", user=name, password_file=str(made_in))


def _entries(name: str, given: Path | None, data_dir: Path) -> tuple[Sequence[AccessEntry], Path]:
    path = given or data_dir / FILE
    password = _read(path) if given is not None else _read_or_make(path)
    credentials = [
        AccessEntry(
            AccessKind.SCRAM,
            credential_name(mechanism, name),
            write(from_password(mechanism, password, secrets.token_bytes(_SALT_BYTES), ITERATIONS_MAX)),
        )
        for mechanism in MECHANISMS
    ]
    rules = [
        Acl(resource_type, PatternType.LITERAL, resource, user_of(name), WILDCARD, Operation.ALL, Permission.ALLOW)
        for resource_type, resource in _RESOURCES
    ]
    return [*credentials, *(AccessEntry(AccessKind.ACL, stored.name_of(rule), stored.write(rule)) for rule in rules)], path


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(PASSWORD_MAX + 3).decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise InitialAdminImpossible(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InitialAdminImpossible(f"{path}: it is not UTF-8") from None
    if not text or "\n" in text or len(text) > PASSWORD_MAX:
        raise InitialAdminImpossible(f"{path}: it must hold one line of at most {PASSWORD_MAX} letters, the password")
    return text


def _read_or_make(path: Path) -> str:
    """One that was made before the process died is as good."""
    password = secrets.token_urlsafe(24)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise InitialAdminImpossible(f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    return password
