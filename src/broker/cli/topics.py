"""``penstock topics``: create, list, describe, alter, delete."""

from typing import Annotated, Any

import typer

from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    TIMEOUT_S,
    AsJson,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    make,
    parse_assignments,
    result,
)
from broker.cli.failure import USAGE, CommandFailed
from broker.cli.output import confirm, note, print_json, print_table
from broker.cli.rights import on_topic

app = typer.Typer(no_args_is_help=True, help="Create, list, describe, alter and delete topics.")

Name = Annotated[str, typer.Argument(metavar="TOPIC")]
Configs = Annotated[list[str] | None, typer.Option("--config", "-c", metavar="NAME=VALUE", help="A topic setting, by Kafka's name.")]


def _admin(bootstrap: str, client_config: Any) -> Any:
    from confluent_kafka.admin import AdminClient

    admin = make(AdminClient, client_properties(bootstrap, client_config))
    check_reachable(admin, bootstrap)
    return admin


def _known(future: Any, name: str) -> Any:
    """What is asked about a topic; a topic that does not exist is said so, with where to look."""
    try:
        return result(future, f"topic {name}", on_topic("describe", name))
    except CommandFailed as failure:
        if "UNKNOWN_TOPIC_OR_PART" in str(failure):
            raise CommandFailed(f"topic {name} does not exist; `penstock topics list` shows those that do") from failure
        raise


@app.command("create")
def create(
    name: Name,
    partitions: Annotated[int | None, typer.Option("--partitions", "-p", min=1, help="How many; the broker's default if left out.")] = None,
    replication_factor: Annotated[int | None, typer.Option("--replication-factor", min=1, help="Accepted and reported.")] = None,
    config: Configs = None,
    if_not_exists: Annotated[bool, typer.Option("--if-not-exists", help="An existing topic is no error.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Create a topic."""
    from confluent_kafka.admin import NewTopic

    admin = _admin(bootstrap, client_config)
    new = NewTopic(
        name,
        num_partitions=partitions if partitions is not None else -1,
        replication_factor=replication_factor if replication_factor is not None else -1,
        config=parse_assignments(config or [], "--config"),
    )
    try:
        result(admin.create_topics([new], request_timeout=TIMEOUT_S)[name], f"topic {name} was not created", on_topic("create", name))
    except CommandFailed as failure:
        if if_not_exists and "TOPIC_ALREADY_EXISTS" in str(failure):
            note(f"topic {name} exists already")
            return
        raise
    note(f"created topic {name}")


@app.command("list")
def list_topics(
    internal: Annotated[bool, typer.Option("--internal", help="With topics whose names begin with two underscores.")] = False,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """List topics and their partition counts."""
    from confluent_kafka.admin import AdminClient

    metadata = check_reachable(make(AdminClient, client_properties(bootstrap, client_config)), bootstrap)
    topics = sorted(
        (topic for topic in metadata.topics.values() if internal or not topic.topic.startswith("__")), key=lambda t: t.topic
    )
    rows = [
        {"topic": t.topic, "partitions": len(t.partitions), "replication_factor": _factor(t)} for t in topics
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(["TOPIC", "PARTITIONS", "REPLICATION"], [list(row.values()) for row in rows])
    else:
        note("no topics yet: create one with `penstock topics create NAME`")


def _factor(topic: Any) -> int:
    return max((len(partition.replicas) for partition in topic.partitions.values()), default=0)


@app.command("describe")
def describe(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC")],
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Show a topic's partitions with their offsets, and the settings that were set on it."""
    from confluent_kafka import TopicCollection
    from confluent_kafka.admin import ConfigResource, ResourceType

    admin = _admin(bootstrap, client_config)
    described = admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_S)
    shown: list[dict[str, Any]] = []
    for name in names:
        topic = _known(described[name], name)
        indexes = [partition.id for partition in topic.partitions]
        earliest, latest = _offsets(admin, name, indexes, "earliest"), _offsets(admin, name, indexes, "latest")
        resource = ConfigResource(ResourceType.TOPIC, name)
        described_configs = admin.describe_configs([resource], request_timeout=TIMEOUT_S)
        entries = result(described_configs[resource], f"settings of {name}", on_topic("describe-configs", name))
        shown.append(
            {
                "topic": name,
                "topic_id": str(topic.topic_id),
                "replication_factor": max((len(p.replicas) for p in topic.partitions), default=0),
                "partitions": [
                    {
                        "partition": p.id,
                        "leader": p.leader.id if p.leader is not None else None,
                        "replicas": [node.id for node in p.replicas],
                        "isr": [node.id for node in p.isr],
                        "earliest": earliest[p.id],
                        "latest": latest[p.id],
                    }
                    for p in topic.partitions
                ],
                "config": {entry.name: entry.value for entry in entries.values() if entry.source == 1},
            }
        )
    if as_json:
        print_json(shown)
        return
    for info in shown:
        rows = [
            [p["partition"], p["leader"], p["earliest"], p["latest"], p["latest"] - p["earliest"]] for p in info["partitions"]
        ]
        note_lines = [f"{info['topic']}  id {info['topic_id']}  replication {info['replication_factor']}"]
        note_lines += [f"  {key} = {value}" for key, value in sorted(info["config"].items())]
        typer.echo("\n".join(note_lines))
        print_table(["PARTITION", "LEADER", "EARLIEST", "LATEST", "RECORDS"], rows)


def _offsets(admin: Any, topic: str, indexes: list[int], which: str) -> dict[int, int]:
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import OffsetSpec

    spec = OffsetSpec.earliest() if which == "earliest" else OffsetSpec.latest()
    asked = {TopicPartition(topic, index): spec for index in indexes}
    answers = admin.list_offsets(asked, request_timeout=TIMEOUT_S)
    return {tp.partition: result(future, f"offsets of {topic}", on_topic("describe", topic)).offset for tp, future in answers.items()}


@app.command("alter")
def alter(
    name: Name,
    partitions: Annotated[int | None, typer.Option("--partitions", "-p", min=1, help="The new, larger number.")] = None,
    config: Configs = None,
    delete_config: Annotated[list[str] | None, typer.Option("--delete-config", metavar="NAME", help="Back to the default.")] = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Add partitions, set or unset settings."""
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, ResourceType

    changes = parse_assignments(config or [], "--config")
    if partitions is None and not changes and not delete_config:
        raise CommandFailed("nothing to change: give --partitions, --config or --delete-config", USAGE)
    admin = _admin(bootstrap, client_config)
    if changes or delete_config:
        entries = [ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in changes.items()]
        entries += [ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE) for key in delete_config or []]
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        futures = admin.incremental_alter_configs([resource], request_timeout=TIMEOUT_S)
        result(futures[resource], f"settings of {name} were not changed", on_topic("alter-configs", name))
    if partitions is not None:
        futures = admin.create_partitions([NewPartitions(name, partitions)], request_timeout=TIMEOUT_S)
        result(futures[name], f"partitions of {name} were not added", on_topic("alter", name))
    note(f"altered topic {name}")


@app.command("delete")
def delete(
    names: Annotated[list[str], typer.Argument(metavar="TOPIC")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Delete topics with all their records."""
    if not yes:
        confirm(f"Delete {', '.join(names)} with all records?")
    admin = _admin(bootstrap, client_config)
    futures = admin.delete_topics(names, request_timeout=TIMEOUT_S)
    failures = []
    for name in names:
        try:
            result(futures[name], f"topic {name} was not deleted", on_topic("delete", name))
            note(f"deleted topic {name}")
        except CommandFailed as failure:
            failures.append(str(failure))
    if failures:
        raise CommandFailed("\n".join(failures))
