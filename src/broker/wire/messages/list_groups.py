"""ListGroups (API key 16): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class ListGroupsRequest(Message):
    """Versions 0-5."""

    __slots__ = ("states_filter", "types_filter")

    def __init__(
        self,
        *,
        states_filter: list[str] = EMPTY,  # versions 4-5
        types_filter: list[str] = EMPTY,  # versions 5
    ) -> None:
        self.states_filter = [] if states_filter is EMPTY else states_filter
        self.types_filter = [] if types_filter is EMPTY else types_filter


class ListGroupsResponseListedGroup(Message):
    """Part of ListGroupsResponse."""

    __slots__ = ("group_id", "protocol_type", "group_state", "group_type")

    def __init__(
        self,
        *,
        group_id: str = "",
        protocol_type: str = "",
        group_state: str = "",  # versions 4-5
        group_type: str = "",  # versions 5
    ) -> None:
        self.group_id = group_id
        self.protocol_type = protocol_type
        self.group_state = group_state
        self.group_type = group_type


class ListGroupsResponse(Message):
    """Versions 0-5."""

    __slots__ = ("throttle_time_ms", "error_code", "groups")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,  # versions 1-5
        error_code: int = 0,
        groups: list[ListGroupsResponseListedGroup] = EMPTY,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.groups = [] if groups is EMPTY else groups
