"""What there is against what is wanted: the changes, and how people are shown them before they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from broker.cli.acl_requests import worded as worded_acl
from broker.cli.apply_file import Wanted, WantedTopic, WantedUser
from broker.cli.quota_requests import Entity, Quotas, shown_number
from broker.cli.quota_requests import worded as worded_entity
from broker.cli.user_requests import Credential
from security.acls.acl import Acl


@dataclass(frozen=True, slots=True)
class ThereTopic:
    """``config`` is what is set on the topic itself."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class There:
    """What a cluster has of what a file names."""

    topics: Mapping[str, ThereTopic] = field(default_factory=dict)
    users: frozenset[Credential] = frozenset()
    acls: frozenset[Acl] = frozenset()
    quotas: Mapping[Entity, Quotas] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """``lines`` is the diff: + comes, ~ changes, - goes. ``problems`` cannot be had; then nothing is to be done."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    topics_created: list[WantedTopic] = field(default_factory=list)
    topics_grown: dict[str, int] = field(default_factory=dict)
    topics_configured: dict[str, dict[str, str]] = field(default_factory=dict)
    topics_deleted: list[str] = field(default_factory=list)
    users_set: list[WantedUser] = field(default_factory=list)
    users_removed: list[Credential] = field(default_factory=list)
    acls_added: list[Acl] = field(default_factory=list)
    acls_removed: list[Acl] = field(default_factory=list)
    quotas_changed: dict[Entity, dict[str, float | None]] = field(default_factory=dict)


def plan(wanted: Wanted, there: There, *, set_passwords: bool = False) -> Plan:
    """The least that has to be done. Whether a password is the right one cannot be seen: with ``set_passwords`` all are set anew."""
    made = Plan()
    for topic in wanted.topics:
        _plan_topic(topic, there.topics.get(topic.name), made)
    for user in wanted.users:
        _plan_user(user, there.users, set_passwords, made)
    for acl, is_wanted in wanted.acls.items():
        if is_wanted and acl not in there.acls:
            made.acls_added.append(acl)
            made.lines.append(f"+ acl {worded_acl(acl)}")
        elif not is_wanted and acl in there.acls:
            made.acls_removed.append(acl)
            made.lines.append(f"- acl {worded_acl(acl)}")
    for entity, quotas in wanted.quotas.items():
        _plan_quotas(entity, quotas, there.quotas.get(entity, {}), made)
    return made


def _plan_topic(topic: WantedTopic, found: ThereTopic | None, made: Plan) -> None:
    name = topic.name
    if topic.absent:
        if found is not None:
            made.topics_deleted.append(name)
            made.lines.append(f"- topic {name} with all its records")
        return
    if found is None:
        made.topics_created.append(topic)
        partitions = "" if topic.partitions is None else f", {topic.partitions} partitions"
        made.lines.append(f"+ topic {name}{partitions}" + "".join(f", {key} = {value}" for key, value in topic.config.items()))
        return
    if topic.partitions is not None and topic.partitions < found.partitions:
        made.problems.append(f"topic {name} has {found.partitions} partitions and cannot have {topic.partitions}: it never gets fewer")
    elif topic.partitions is not None and topic.partitions > found.partitions:
        made.topics_grown[name] = topic.partitions
        made.lines.append(f"~ topic {name}: {found.partitions} -> {topic.partitions} partitions")
    changed = {key: value for key, value in topic.config.items() if found.config.get(key) != value}
    if changed:
        made.topics_configured[name] = changed
        made.lines += [f"~ topic {name}: {key} = {found.config.get(key, '(default)')} -> {value}" for key, value in changed.items()]


def _plan_user(user: WantedUser, there: frozenset[Credential], set_passwords: bool, made: Plan) -> None:
    credential = user.credential
    found = next((each for each in there if (each.user, each.mechanism) == (credential.user, credential.mechanism)), None)
    shown = f"user {credential.user} ({credential.mechanism}"
    if user.absent:
        if found is not None:
            made.users_removed.append(found)
            made.lines.append(f"- {shown})")
        return
    if found is None:
        made.lines.append(f"+ {shown}, {credential.iterations} iterations)")
    elif found.iterations != credential.iterations:
        made.lines.append(f"~ {shown}): {found.iterations} -> {credential.iterations} iterations")
    elif set_passwords:
        made.lines.append(f"~ {shown}): password set anew")
    else:
        return
    made.users_set.append(user)


def _plan_quotas(entity: Entity, wanted: Quotas | None, there: Quotas, made: Plan) -> None:
    changes: dict[str, float | None] = (
        dict.fromkeys(there)
        if wanted is None
        else {key: value for key, value in wanted.items() if there.get(key) != value}
    )
    if changes:
        made.quotas_changed[entity] = changes
    for key, value in changes.items():
        shown = f"quota of {worded_entity(entity)}: {key}"
        if value is None:
            made.lines.append(f"- {shown} = {shown_number(there[key])}")
        elif key in there:
            made.lines.append(f"~ {shown} = {shown_number(there[key])} -> {shown_number(value)}")
        else:
            made.lines.append(f"+ {shown} = {shown_number(value)}")
