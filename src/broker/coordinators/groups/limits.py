"""How much memory clients can make groups take. Kafka bounds a group by the size of one record of its offsets topic only.

| what                                   | bound                                                    | beyond it              |
|----------------------------------------|----------------------------------------------------------|------------------------|
| groups                                 | ``groups_max``                                           | COORDINATOR_NOT_AVAILABLE |
| members of a group                     | ``group.max.size``, ``group.consumer.max.size``, ``group.share.max.size`` | GROUP_MAX_SIZE_REACHED |
| member ids given out but not yet used  | ``pending_max`` a group, ``pending_total_max`` together; gone after their session timeout | COORDINATOR_NOT_AVAILABLE |
| what the members of a group take       | ``group_bytes_max``                                      | GROUP_MAX_SIZE_REACHED, UNKNOWN_SERVER_ERROR for an assignment |
| groups and members all together        | ``total_bytes_max``                                      | COORDINATOR_NOT_AVAILABLE |
| committed offsets of a group           | existing partitions, ``offset.metadata.max.bytes`` each  | OFFSET_METADATA_TOO_LARGE |
| length of a member id                  | ``CLIENT_ID_IN_MEMBER_ID_MAX`` of the client's id + a UUID | the client's id is cut |

Names (group, client, instance) are strings of at most 32,767 bytes by the protocol. Bytes are counted as what clients send
plus what keeping it costs, about: a million empty protocol names are not nothing.
"""

from dataclasses import dataclass
from typing import Final

CLIENT_ID_IN_MEMBER_ID_MAX: Final = 255

GROUP_BYTES: Final = 2048
MEMBER_BYTES: Final = 1024
PROTOCOL_BYTES: Final = 192
"""What a group, a member and one of its protocols take in memory besides their text and bytes."""

NEW_MEMBER_JOIN_TIMEOUT_MS: Final = 5 * 60 * 1000
"""Kafka's ``group.new.member.join.timeout``: how long the first JoinGroup of a member may wait. Such a member has no id yet
and cannot send heartbeats; when its client is gone, nothing else would remove it."""


@dataclass(slots=True)
class GroupPolicy:
    """The settings that groups follow. One object is shared by all of them and changed in place when settings change."""

    initial_rebalance_delay_ms: int = 3_000
    group_max_size: int = 2_147_483_647
    consumer_group_max_size: int = 2_147_483_647
    share_group_max_size: int = 200
    consumer_assignor: str = "uniform"
    migration: str = "bidirectional"
    new_member_join_timeout_ms: int = NEW_MEMBER_JOIN_TIMEOUT_MS
    groups_max: int = 100_000
    pending_max: int = 10_000
    pending_total_max: int = 100_000
    group_bytes_max: int = 16 << 20
    total_bytes_max: int = 256 << 20

    @property
    def may_upgrade(self) -> bool:
        """Whether a classic group with members may pass to the consumer protocol."""
        return self.migration in ("bidirectional", "upgrade")

    @property
    def may_downgrade(self) -> bool:
        """Whether a group may become classic again when all members that are left are."""
        return self.migration in ("bidirectional", "downgrade")

    @property
    def mixes_protocols(self) -> bool:
        """Whether members of the classic protocol may join a group of the consumer protocol."""
        return self.migration != "disabled"
