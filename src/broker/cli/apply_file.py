"""What a file for ``penstock apply`` says is to be there: topics, users, rules of access and quotas, in TOML.

    [[topics]]
    name = "orders"
    partitions = 6
    config = { "retention.ms" = 86400000 }

    [[users]]
    name = "alice"
    password_file = "alice.password"   # beside this file

    [[acls]]
    principal = "User:alice"
    allow = ["read", "describe"]       # or deny
    resource = "topic:orders"

    [[quotas]]
    user = "alice"
    producer_byte_rate = 1000000

What the file does not name is left as it is; an entry with ``absent = true`` is to be gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from broker.cli.acl_requests import acl_of
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.quota_requests import Entity, Quotas, number
from broker.cli.user_requests import DEFAULT_ITERATIONS, DEFAULT_MECHANISM, Credential, check_credential
from security.acls.acl import Acl

_ENTITIES: Final = {"user": "user", "client_id": "client-id", "ip": "ip"}


@dataclass(frozen=True, slots=True)
class WantedTopic:
    """``partitions`` None: as many as there are, or the broker's default."""

    name: str
    partitions: int | None
    config: Mapping[str, str]
    absent: bool


@dataclass(frozen=True, slots=True)
class WantedUser:
    """``password_file`` is there unless the user is to be gone."""

    credential: Credential
    password_file: Path | None
    absent: bool


@dataclass(slots=True)
class Wanted:
    """Everything a file says, in its order."""

    topics: list[WantedTopic] = field(default_factory=list)
    users: list[WantedUser] = field(default_factory=list)
    acls: dict[Acl, bool] = field(default_factory=dict)
    """Whether each is to be there."""
    quotas: dict[Entity, Quotas | None] = field(default_factory=dict)
    """Those to be set; None: all of the entity are to be gone."""


class _Entry:
    """One table of the file: what was not asked for is a mistake in it."""

    def __init__(self, where: str, values: Any) -> None:
        if not isinstance(values, dict):
            raise CommandFailed(f"{where}: expected a table", USAGE)
        self._where = where
        self._left = dict(values)

    def take(self, name: str, kind: type | tuple[type, ...], default: Any = None, *, needed: bool = False) -> Any:
        if name not in self._left:
            if needed:
                raise self.wrong(f"{name} is missing")
            return default
        value = self._left.pop(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(f"{name} cannot be {value!r}")
        return value

    def rest(self) -> dict[str, Any]:
        left, self._left = self._left, {}
        return left

    def done(self) -> None:
        if self._left:
            raise self.wrong(f"{', '.join(sorted(self._left))} means nothing here")

    def wrong(self, why: str) -> CommandFailed:
        return CommandFailed(f"{self._where}: {why}", USAGE)

    def within(self, make: Callable[[], Any]) -> Any:
        """What ``make`` returns; what it finds wrong is said with the place."""
        try:
            return make()
        except CommandFailed as failure:
            raise self.wrong(str(failure)) from failure


def read(path: Path) -> Wanted:
    """Raises CommandFailed, with the place of the first mistake."""
    import tomllib

    try:
        content = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise CommandFailed(f"cannot read {path}: {error.strerror}", USAGE) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandFailed(f"{path} is not TOML: {error}", USAGE) from error
    wanted = Wanted()
    readers: dict[str, Callable[[_Entry, Wanted, Path], None]] = {
        "topics": _topic,
        "users": _user,
        "acls": _acl,
        "quotas": _quota,
    }
    for section, entries in content.items():
        if section not in readers:
            raise CommandFailed(f"{path}: {section} means nothing here; {', '.join(readers)} do", USAGE)
        if not isinstance(entries, list):
            raise CommandFailed(f"{path}: write [[{section}]], one for each", USAGE)
        for index, values in enumerate(entries, 1):
            entry = _Entry(f"{path}: {section} {index}", values)
            readers[section](entry, wanted, path.parent)
            entry.done()
    return wanted


def _topic(entry: _Entry, wanted: Wanted, _: Path) -> None:
    name = entry.take("name", str, needed=True)
    if any(topic.name == name for topic in wanted.topics):
        raise entry.wrong(f"topic {name} is there twice")
    partitions = entry.take("partitions", int)
    if partitions is not None and partitions < 1:
        raise entry.wrong("partitions are at least 1")
    config = {str(key): _text(entry, key, value) for key, value in entry.take("config", dict, {}).items()}
    wanted.topics.append(WantedTopic(name, partitions, config, entry.take("absent", bool, False)))


def _text(entry: _Entry, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise entry.wrong(f"{key} cannot be {value!r}")


def _user(entry: _Entry, wanted: Wanted, folder: Path) -> None:
    mechanism = entry.take("mechanism", str, DEFAULT_MECHANISM)
    credential = Credential(
        entry.take("name", str, needed=True), mechanism.upper(), entry.take("iterations", int, DEFAULT_ITERATIONS)
    )
    entry.within(lambda: check_credential(credential))
    if any((user.credential.user, user.credential.mechanism) == (credential.user, credential.mechanism) for user in wanted.users):
        raise entry.wrong(f"user {credential.user} with {credential.mechanism} is there twice")
    absent = entry.take("absent", bool, False)
    file = entry.take("password_file", str, needed=not absent)
    wanted.users.append(WantedUser(credential, None if file is None else folder / file, absent))


def _acl(entry: _Entry, wanted: Wanted, _: Path) -> None:
    principal, resource = entry.take("principal", str, needed=True), entry.take("resource", str, needed=True)
    allow, deny = entry.take("allow", (list, str)), entry.take("deny", (list, str))
    if (allow is None) == (deny is None):
        raise entry.wrong("give either allow or deny: the operations")
    host, prefixed, absent = entry.take("host", str, "*"), entry.take("prefixed", bool, False), entry.take("absent", bool, False)
    operations = deny if allow is None else allow
    for operation in [operations] if isinstance(operations, str) else operations:
        if not isinstance(operation, str):
            raise entry.wrong(f"an operation cannot be {operation!r}")
        acl = entry.within(
            partial(acl_of, principal, operation, resource, host=host, deny=allow is None, prefixed=prefixed)
        )
        if wanted.acls.get(acl, not absent) == absent:
            raise entry.wrong("the same rule is to be there and to be gone")
        wanted.acls[acl] = not absent


def _quota(entry: _Entry, wanted: Wanted, _: Path) -> None:
    parts: list[tuple[str, str | None]] = []
    for name, kind in _ENTITIES.items():
        given, is_default = entry.take(name, str), entry.take(f"default_{name}", bool, False)
        if given is not None and is_default:
            raise entry.wrong(f"{name} and default_{name} are not for one quota")
        if given is not None or is_default:
            parts.append((kind, given))
    if not parts:
        raise entry.wrong("whose quota? give user, client_id or ip, or default_user and so on")
    entity = tuple(sorted(parts))
    if entity in wanted.quotas:
        raise entry.wrong("the same quotas are there twice")
    absent = entry.take("absent", bool, False)
    values = entry.within(lambda: {key: number(value, key) for key, value in entry.rest().items()})
    if bool(values) == absent:
        raise entry.wrong("give quotas, or absent = true")
    wanted.quotas[entity] = None if absent else values
