"""``penstock groups``: list, describe, reset-offsets, delete."""

from typing import Annotated, Any

import typer

from broker.cli import share_groups
from broker.cli.client import (
    DEFAULT_BOOTSTRAP,
    TIMEOUT_S,
    AsJson,
    Bootstrap,
    ClientConfig,
    check_reachable,
    client_properties,
    explain,
    make,
    result,
)
from broker.cli.failure import FAILED, USAGE, CommandFailed
from broker.cli.output import confirm, note, print_json, print_table
from broker.cli.rights import DENIED, on_group, on_topic
from broker.cli.start_position import parse_time

app = typer.Typer(no_args_is_help=True, help="List, describe, reset and delete consumer groups and share groups.")

Group = Annotated[str, typer.Argument(metavar="GROUP")]


def _admin(bootstrap: str, client_config: Any) -> Any:
    from confluent_kafka.admin import AdminClient

    admin = make(AdminClient, client_properties(bootstrap, client_config))
    check_reachable(admin, bootstrap)
    return admin


@app.command("list")
def list_groups(
    as_json: AsJson = False, bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, client_config: ClientConfig = None
) -> None:
    """List groups and their states."""
    admin = _admin(bootstrap, client_config)
    listed = result(admin.list_consumer_groups(request_timeout=TIMEOUT_S), "groups were not listed")
    shares = {row["group"]: row for row in share_groups.listed(bootstrap, client_config)}
    rows = sorted(
        [
            *({"group": g.group_id, "state": _state(g.state), "type": g.type.name.lower()} for g in listed.valid if g.group_id not in shares),
            *shares.values(),
        ],
        key=lambda row: row["group"],
    )
    if as_json:
        print_json(rows)
    elif rows:
        print_table(["GROUP", "STATE", "TYPE"], [list(row.values()) for row in rows])
    else:
        note("no groups yet: `penstock consume TOPIC --group NAME` makes one")


def _state(state: Any) -> str:
    """Kafka's own spelling: PreparingRebalance, not PREPARING_REBALANCING."""
    names = {
        "PREPARING_REBALANCING": "PreparingRebalance",
        "COMPLETING_REBALANCING": "CompletingRebalance",
    }
    return str(names.get(state.name, state.name.capitalize()))


@app.command("describe")
def describe(
    group: Group,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Show a group's members, its position in every partition, and how far behind it is."""
    admin = _admin(bootstrap, client_config)
    share = share_groups.find(group, bootstrap, client_config)
    if share is not None:
        _describe_share(share, as_json=as_json)
        return
    info = result(admin.describe_consumer_groups([group], request_timeout=TIMEOUT_S)[group], f"group {group}", on_group("describe", group))
    positions = _positions(admin, group)
    if info.state.name == "DEAD" and not positions:
        raise CommandFailed(f"group {group} does not exist; `penstock groups list` shows those that do")
    owners: dict[tuple[str, int], Any] = {}
    for member in info.members:
        for tp in member.assignment.topic_partitions if member.assignment else []:
            owners[(tp.topic, tp.partition)] = member
    rows = _lag_rows(admin, positions, owners)
    members = [
        {
            "member": m.member_id,
            "instance": m.group_instance_id,
            "client": m.client_id,
            "host": m.host,
            "partitions": len(m.assignment.topic_partitions) if m.assignment else 0,
        }
        for m in info.members
    ]
    if as_json:
        print_json(
            {
                "group": group,
                "state": _state(info.state),
                "assignor": info.partition_assignor,
                "coordinator": info.coordinator.id,
                "members": members,
                "partitions": rows,
            }
        )
        return
    total = sum(row["lag"] for row in rows if row["lag"] is not None)
    typer.echo(f"{group}  {_state(info.state)}  assignor {info.partition_assignor or '-'}  members {len(members)}  lag {total}")
    if rows:
        columns = ["TOPIC", "PARTITION", "POSITION", "END", "LAG", "MEMBER", "HOST"]
        print_table(columns, [["-" if cell is None else cell for cell in row.values()] for row in rows])
    idle = [m for m in members if not m["partitions"]]
    if idle:
        note(f"{len(idle)} of {len(members)} members have no partition")


def _describe_share(share: share_groups.ShareGroup, *, as_json: bool) -> None:
    """Members of a share group read partitions together, so each partition says by how many it is read."""
    offsets = share.offsets()
    rows: list[dict[str, Any]] = []
    for topic, partition in sorted({*offsets, *share.readers}):
        start, lag = offsets.get((topic, partition), (-1, -1))
        rows.append(
            {
                "topic": topic,
                "partition": partition,
                "start": start if start >= 0 else None,
                "lag": lag if lag >= 0 else None,
                "members": share.readers.get((topic, partition), 0),
            }
        )
    if as_json:
        described = {"group": share.group, "type": "share", "state": share.state, "assignor": share.assignor}
        print_json({**described, "members": share.members, "partitions": rows})
        return
    total = sum(row["lag"] for row in rows if row["lag"] is not None)
    typer.echo(f"{share.group}  share  {share.state}  assignor {share.assignor}  members {len(share.members)}  lag {total}")
    if rows:
        columns = ["TOPIC", "PARTITION", "START", "LAG", "MEMBERS"]
        print_table(columns, [["-" if cell is None else cell for cell in row.values()] for row in rows])
    if share.members:
        print_table(["MEMBER", "CLIENT", "HOST", "PARTITIONS"], [list(member.values()) for member in share.members])


def _positions(admin: Any, group: str) -> dict[tuple[str, int], int]:
    from confluent_kafka import ConsumerGroupTopicPartitions

    asked = [ConsumerGroupTopicPartitions(group)]
    answer = result(
        admin.list_consumer_group_offsets(asked, request_timeout=TIMEOUT_S)[group], f"offsets of group {group} were not read", on_group("describe", group)
    )
    return {(tp.topic, tp.partition): tp.offset for tp in answer.topic_partitions}


def _ends(admin: Any, keys: list[tuple[str, int]], spec: Any) -> dict[tuple[str, int], int]:
    """The offset ``spec`` stands for, of those partitions that still exist."""
    from confluent_kafka import KafkaException, TopicPartition

    if not keys:
        return {}
    futures = admin.list_offsets({TopicPartition(topic, index): spec for topic, index in keys}, request_timeout=TIMEOUT_S)
    ends = {}
    for tp, future in futures.items():
        try:
            ends[(tp.topic, tp.partition)] = future.result(timeout=TIMEOUT_S).offset
        except KafkaException:
            continue  # the topic is gone; its row is shown without an end
    return ends


def _lag_rows(admin: Any, positions: dict[tuple[str, int], int], owners: dict[tuple[str, int], Any]) -> list[dict[str, Any]]:
    from confluent_kafka.admin import OffsetSpec

    keys = sorted(set(positions) | set(owners))
    ends = _ends(admin, keys, OffsetSpec.latest())
    rows = []
    for key in keys:
        position, end, owner = positions.get(key, -1), ends.get(key), owners.get(key)
        known = position >= 0
        rows.append(
            {
                "topic": key[0],
                "partition": key[1],
                "position": position if known else None,
                "end": end,
                "lag": max(0, end - position) if known and end is not None else None,
                "member": owner.member_id if owner else None,
                "host": owner.host if owner else None,
            }
        )
    return rows


@app.command("reset-offsets")
def reset_offsets(
    group: Group,
    topic: Annotated[list[str] | None, typer.Option("--topic", "-t", metavar="TOPIC[:0,1]", help="Repeatable; all the group has read if left out.")] = None,
    to_earliest: Annotated[bool, typer.Option("--to-earliest")] = False,
    to_latest: Annotated[bool, typer.Option("--to-latest")] = False,
    to_offset: Annotated[int | None, typer.Option("--to-offset", min=0, metavar="N")] = None,
    shift_by: Annotated[int | None, typer.Option("--shift-by", metavar="N", help="Forward, or back when negative.")] = None,
    to_datetime: Annotated[str | None, typer.Option("--to-datetime", metavar="TIME", help="ISO 8601, UTC unless it says otherwise.")] = None,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without, only show what would change.")] = False,
    as_json: AsJson = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Move a group's position, or where a share group begins. The group must have no running members."""
    from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
    from confluent_kafka.admin import OffsetSpec

    chosen = [to_earliest, to_latest, to_offset is not None, shift_by is not None, to_datetime is not None]
    if sum(chosen) != 1:
        raise CommandFailed(
            "give exactly one of --to-earliest, --to-latest, --to-offset, --shift-by and --to-datetime", USAGE
        )
    admin = _admin(bootstrap, client_config)
    share = share_groups.find(group, bootstrap, client_config)
    if share is None:
        positions = _positions(admin, group)
    else:
        positions = {key: start for key, (start, _) in share.offsets().items()}
    keys = _chosen_partitions(admin, topic, positions)
    earliest, latest = _ends(admin, keys, OffsetSpec.earliest()), _ends(admin, keys, OffsetSpec.latest())
    by_time = _ends(admin, keys, OffsetSpec.for_timestamp(parse_time(to_datetime))) if to_datetime is not None else {}
    rows: list[dict[str, Any]] = []
    for key in keys:
        if key not in latest:
            raise CommandFailed(f"partition {key[1]} of topic {key[0]} does not exist")
        position = positions.get(key, -1)
        if to_earliest:
            target = earliest[key]
        elif to_latest:
            target = latest[key]
        elif to_offset is not None:
            target = to_offset
        elif shift_by is not None:
            if position < 0:
                raise CommandFailed(f"group {group} has no position in {key[0]}:{key[1]} to shift")
            target = position + shift_by
        else:
            target = by_time[key] if by_time.get(key, -1) >= 0 else latest[key]
        target = min(max(target, earliest[key]), latest[key])
        rows.append({"topic": key[0], "partition": key[1], "position": position if position >= 0 else None, "new_position": target})
    if execute and share is not None:
        share.alter({(row["topic"], row["partition"]): row["new_position"] for row in rows})
    elif execute:
        moved = [TopicPartition(row["topic"], row["partition"], row["new_position"]) for row in rows]
        futures = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, moved)], request_timeout=TIMEOUT_S)
        answer = result(futures[group], f"positions of group {group} were not changed (has it running members?)", on_group("read", group))
        refused = [tp for tp in answer.topic_partitions if tp.error is not None]
        if refused:
            # Its own error for each partition is all that the protocol has, for what is wrong with the group as well.
            is_of_topic = refused[0].error.name().startswith("TOPIC")
            why = explain(refused[0].error, on_topic("read", refused[0].topic) if is_of_topic else on_group("read", group))
            raise CommandFailed(f"{len(refused)} positions were refused; the first: {why}", FAILED)
    if as_json:
        print_json({"group": group, "executed": execute, "partitions": rows})
        return
    print_table(["TOPIC", "PARTITION", "POSITION", "NEW POSITION"], [["-" if c is None else c for c in r.values()] for r in rows])
    note(f"moved group {group}" if execute else "nothing was changed: add --execute to do it")


def _check_visible(admin: Any, name: str) -> None:
    """Among all topics one that may not be seen is left out; asked for by its name there is an error. Raises CommandFailed."""
    from confluent_kafka import TopicCollection

    described = admin.describe_topics(TopicCollection([name]), request_timeout=TIMEOUT_S)
    try:
        result(described[name], f"topic {name}", on_topic("describe", name))
    except CommandFailed as failure:
        if DENIED in str(failure):
            raise


def _chosen_partitions(admin: Any, topics: list[str] | None, positions: dict[tuple[str, int], int]) -> list[tuple[str, int]]:
    if not topics:
        if not positions:
            raise CommandFailed("the group has no positions yet: name topics with --topic", USAGE)
        return sorted(positions)
    metadata = admin.list_topics(timeout=TIMEOUT_S)
    keys = []
    for item in topics:
        name, colon, listed = item.partition(":")
        known = metadata.topics.get(name)
        if known is None:
            _check_visible(admin, name)
        if known is None or known.error is not None:
            raise CommandFailed(f"topic {name} does not exist")
        try:
            indexes = [int(index) for index in listed.split(",")] if colon else sorted(known.partitions)
        except ValueError as error:
            raise CommandFailed(f"--topic expects TOPIC or TOPIC:0,1,2, found {item!r}", USAGE) from error
        keys += [(name, index) for index in indexes]
    return sorted(set(keys))


@app.command("delete")
def delete(
    groups: Annotated[list[str], typer.Argument(metavar="GROUP")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    client_config: ClientConfig = None,
) -> None:
    """Delete groups with their positions. They must have no running members."""
    if not yes:
        confirm(f"Delete {', '.join(groups)} with all positions?")
    admin = _admin(bootstrap, client_config)
    futures = admin.delete_consumer_groups(groups, request_timeout=TIMEOUT_S)
    failures = []
    for group in groups:
        try:
            result(futures[group], f"group {group} was not deleted", on_group("delete", group))
            note(f"deleted group {group}")
        except CommandFailed as failure:
            failures.append(str(failure))
    if failures:
        raise CommandFailed("\n".join(failures))
