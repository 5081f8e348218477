"""Share groups as ``penstock groups`` shows and changes them. librdkafka has no functions for them, so they are asked of the broker directly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from broker.cli.client import client_properties
from broker.cli.failure import FAILED, CommandFailed
from broker.cli.plain_client import GROUP, Address, ask, brokers, check, coordinator_of
from broker.wire.error_codes import ErrorCode

LIST_GROUPS: Final = 16
SHARE_GROUP_DESCRIBE: Final = 77
DESCRIBE_SHARE_GROUP_OFFSETS: Final = 90
ALTER_SHARE_GROUP_OFFSETS: Final = 91

Key = tuple[str, int]
"""(topic, partition)."""


def listed(bootstrap: str, client_config: Path | None) -> list[dict[str, Any]]:
    """The share groups there are; none where they cannot be asked for: over an encrypted connection, or of an older broker."""
    from broker.wire.messages.list_groups import ListGroupsRequest

    if not _can_be_asked(client_config, bootstrap):
        return []
    rows: list[dict[str, Any]] = []
    for address in brokers(bootstrap, client_config):
        try:
            answer = ask(address, LIST_GROUPS, 5, ListGroupsRequest(types_filter=["share"]))
        except CommandFailed:
            continue
        check(answer.error_code, "share groups were not listed")
        rows += [{"group": each.group_id, "state": each.group_state, "type": "share"} for each in answer.groups]
    return rows


class ShareGroup:
    """One share group, as its coordinator describes it."""

    def __init__(self, address: Address, described: Any) -> None:
        self._address = address
        self.group: str = described.group_id
        self.state: str = described.group_state
        self.assignor: str = described.assignor_name
        self.members = [
            {
                "member": member.member_id,
                "client": member.client_id,
                "host": member.client_host,
                "partitions": sum(len(topic.partitions) for topic in member.assignment.topic_partitions),
            }
            for member in described.members
        ]
        self.readers: dict[Key, int] = {}
        """How many members each partition is read by."""
        for member in described.members:
            for topic in member.assignment.topic_partitions:
                for index in topic.partitions:
                    key = (topic.topic_name, index)
                    self.readers[key] = self.readers.get(key, 0) + 1

    def offsets(self) -> dict[Key, tuple[int, int]]:
        """Where the group begins in each partition that it reads, and how many records are still to be delivered; -1 for what is not
        known yet."""
        from broker.wire.messages.describe_share_group_offsets import (
            DescribeShareGroupOffsetsRequest,
            DescribeShareGroupOffsetsRequestGroup,
        )

        wanted = DescribeShareGroupOffsetsRequestGroup(group_id=self.group, topics=None)
        request = DescribeShareGroupOffsetsRequest(groups=[wanted])
        (answer,) = ask(self._address, DESCRIBE_SHARE_GROUP_OFFSETS, 1, request).groups
        check(answer.error_code, f"offsets of share group {self.group} were not read")
        return {
            (topic.topic_name, partition.partition_index): (partition.start_offset, partition.lag)
            for topic in answer.topics
            for partition in topic.partitions
        }

    def alter(self, offsets: Mapping[Key, int]) -> None:
        """Have the group begin elsewhere."""
        from broker.wire.messages.alter_share_group_offsets import (
            AlterShareGroupOffsetsRequest,
            AlterShareGroupOffsetsRequestPartition,
            AlterShareGroupOffsetsRequestTopic,
        )

        topics: dict[str, AlterShareGroupOffsetsRequestTopic] = {}
        for (name, index), offset in offsets.items():
            topic = topics.setdefault(name, AlterShareGroupOffsetsRequestTopic(topic_name=name))
            topic.partitions.append(AlterShareGroupOffsetsRequestPartition(partition_index=index, start_offset=offset))
        request = AlterShareGroupOffsetsRequest(group_id=self.group, topics=list(topics.values()))
        answer = ask(self._address, ALTER_SHARE_GROUP_OFFSETS, 0, request)
        check(answer.error_code, f"offsets of share group {self.group} were not changed (has it running members?)")
        refused = [partition.error_code for topic in answer.responses for partition in topic.partitions if partition.error_code]
        if refused:
            raise CommandFailed(f"{len(refused)} offsets were refused; the first: {ErrorCode(refused[0]).name}", FAILED)


def find(group: str, bootstrap: str, client_config: Path | None) -> ShareGroup | None:
    """The share group of this name; None when there is none, or none can be asked for."""
    from broker.wire.messages.share_group_describe import ShareGroupDescribeRequest

    if not _can_be_asked(client_config, bootstrap):
        return None
    address = coordinator_of(group, bootstrap, client_config, key_type=GROUP)
    try:
        answer = ask(address, SHARE_GROUP_DESCRIBE, 1, ShareGroupDescribeRequest(group_ids=[group]))
    except CommandFailed:
        return None
    (described,) = answer.groups
    return None if described.error_code else ShareGroup(address, described)


def _can_be_asked(client_config: Path | None, bootstrap: str) -> bool:
    return str(client_properties(bootstrap, client_config).get("security.protocol", "plaintext")).lower() == "plaintext"
