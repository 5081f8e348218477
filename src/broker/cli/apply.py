"""``penstock apply -f FILE``: have topics, users, rules of access and quotas be as a file says. What would change is shown first."""

from pathlib import Path
from typing import Annotated, Any

import typer

from broker.cli import acl_requests, quota_requests, user_requests
from broker.cli.apply_file import Wanted, read
from broker.cli.apply_plan import Plan, There, ThereTopic, plan
from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    TIMEOUT_S,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    make,
    result,
)
from broker.cli.failure import CommandFailed
from broker.cli.output import confirm, note
from broker.cli.rights import Right, on_topic

_SET_ON_TOPIC = 1
"""Kafka's code for a setting that is the topic's own."""


def command(
    file: Annotated[Path, typer.Option("--file", "-f", metavar="FILE", help="What is to be there, in TOML.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change. Exit code 0 whether anything would.")] = False,
    set_passwords: Annotated[bool, typer.Option("--set-passwords", help="Set the passwords of users that are there already, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Make topics, users, rules of access and quotas be as a file says; what it does not name is left alone."""
    wanted = read(file)
    passwords = {  # read before anything is changed
        user.credential: user_requests.read_password(user.password_file)
        for user in wanted.users
        if user.password_file is not None and not user.absent
    }
    admin = _admin(bootstrap, client_config) if wanted.topics else None
    made = plan(wanted, _there(wanted, admin, bootstrap, client_config), set_passwords=set_passwords)
    if made.problems:
        raise CommandFailed("\n".join(made.problems))
    for line in made.lines:
        typer.echo(line)
    if not made.lines:
        note("nothing to change")
        return
    if dry_run:
        return
    if not yes:
        confirm("Make these changes?")
    failures = _carry_out(made, admin, passwords, bootstrap, client_config)
    if failures:
        raise CommandFailed("\n".join(failures))
    note(f"applied {file}")


def _admin(bootstrap: str, client_config: Path | None) -> Any:
    from confluent_kafka.admin import AdminClient

    return make(AdminClient, client_properties(bootstrap, client_config))


# --- what there is ----------------------------------------------------------------------------------------------------


def _there(wanted: Wanted, admin: Any, bootstrap: str, client_config: Path | None) -> There:
    """Only what the file is about is asked for: who may do nothing but topics can apply a file of topics."""
    users = user_requests.described(bootstrap, client_config) if wanted.users else []
    acls = acl_requests.described(bootstrap, client_config) if wanted.acls else []
    quotas = quota_requests.described(bootstrap, client_config) if wanted.quotas else {}
    topics = _topics_there(admin, [topic.name for topic in wanted.topics], bootstrap) if wanted.topics else {}
    return There(topics, frozenset(users), frozenset(acls), quotas)


def _topics_there(admin: Any, names: list[str], bootstrap: str) -> dict[str, ThereTopic]:
    from confluent_kafka.admin import ConfigResource, ResourceType

    known = check_reachable(admin, bootstrap).topics
    resources = {name: ConfigResource(ResourceType.TOPIC, name) for name in names if name in known}
    if not resources:
        return {}
    described = admin.describe_configs(list(resources.values()), request_timeout=TIMEOUT_S)
    found = {}
    for name, resource in resources.items():
        entries = result(described[resource], f"settings of {name} were not shown", on_topic("describe-configs", name))
        config = {entry.name: entry.value for entry in entries.values() if entry.source == _SET_ON_TOPIC}
        found[name] = ThereTopic(len(known[name].partitions), config)
    return found


# --- what is done -----------------------------------------------------------------------------------------------------


def _carry_out(
    made: Plan, admin: Any, passwords: dict[user_requests.Credential, str], bootstrap: str, client_config: Path | None
) -> list[str]:
    """What comes first, then what goes; what failed, in words. The rest is done all the same: applied again, the file does what is missing."""
    failures = _change_topics(made, admin)
    if made.users_set:
        upsertions = [user_requests.upsertion(user.credential, passwords[user.credential]) for user in made.users_set]
        failures += user_requests.altered(bootstrap, client_config, upsertions)
    if made.acls_added:
        failures += acl_requests.created(bootstrap, client_config, made.acls_added)
    if made.quotas_changed:
        failures += quota_requests.altered(bootstrap, client_config, made.quotas_changed)
    if made.acls_removed:
        failures += acl_requests.deleted(bootstrap, client_config, made.acls_removed)
    if made.users_removed:
        deletions = [user_requests.deletion(credential) for credential in made.users_removed]
        failures += user_requests.altered(bootstrap, client_config, deletions=deletions)
    return failures + _delete_topics(made, admin)


def _change_topics(made: Plan, admin: Any) -> list[str]:
    if not (made.topics_created or made.topics_grown or made.topics_configured):
        return []
    from confluent_kafka.admin import (
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        NewPartitions,
        NewTopic,
        ResourceType,
    )

    asked: list[tuple[Any, str, Right]] = []
    if made.topics_created:
        new = [NewTopic(each.name, num_partitions=each.partitions or -1, replication_factor=-1, config=dict(each.config)) for each in made.topics_created]
        asked += [(future, f"topic {name} was not created", on_topic("create", name)) for name, future in admin.create_topics(new, request_timeout=TIMEOUT_S).items()]
    if made.topics_grown:
        more = [NewPartitions(name, total) for name, total in made.topics_grown.items()]
        grown = admin.create_partitions(more, request_timeout=TIMEOUT_S)
        asked += [(future, f"partitions of {name} were not added", on_topic("alter", name)) for name, future in grown.items()]
    if made.topics_configured:
        resources = [
            ConfigResource(
                ResourceType.TOPIC,
                name,
                incremental_configs=[ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in config.items()],
            )
            for name, config in made.topics_configured.items()
        ]
        changed = admin.incremental_alter_configs(resources, request_timeout=TIMEOUT_S)
        asked += [(future, f"settings of {resource.name} were not changed", on_topic("alter-configs", resource.name)) for resource, future in changed.items()]
    return _failures(asked)


def _delete_topics(made: Plan, admin: Any) -> list[str]:
    if not made.topics_deleted:
        return []
    deleted = admin.delete_topics(made.topics_deleted, request_timeout=TIMEOUT_S)
    return _failures([(future, f"topic {name} was not deleted", on_topic("delete", name)) for name, future in deleted.items()])


def _failures(asked: list[tuple[Any, str, Right]]) -> list[str]:
    failures = []
    for future, what, needs in asked:
        try:
            result(future, what, needs)
        except CommandFailed as failure:
            failures.append(str(failure))
    return failures
