"""LeaveGroup (API key 13): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class LeaveGroupRequestMemberIdentity(Message):
    """Part of LeaveGroupRequest."""

    __slots__ = ("member_id", "group_instance_id", "reason")

    def __init__(
        self,
        *,
        member_id: str = "",  # versions 3-5
        group_instance_id: str | None = None,  # versions 3-5
        reason: str | None = None,  # versions 5
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.reason = reason


class LeaveGroupRequest(Message):
    """Versions 0-5."""

    __slots__ = ("group_id", "member_id", "members")

    def __init__(
        self,
        *,
        group_id: str = "",
        member_id: str = "",  # versions 0-2
        members: list[LeaveGroupRequestMemberIdentity] = EMPTY,  # versions 3-5
    ) -> None:
        self.group_id = group_id
        self.member_id = member_id
        self.members = [] if members is EMPTY else members


class LeaveGroupResponseMemberResponse(Message):
    """Part of LeaveGroupResponse."""

    __slots__ = ("member_id", "group_instance_id", "error_code")

    def __init__(
        self,
        *,
        member_id: str = "",  # versions 3-5
        group_instance_id: str | None = "",  # versions 3-5
        error_code: int = 0,  # versions 3-5
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.error_code = error_code


class LeaveGroupResponse(Message):
    """Versions 0-5."""

    __slots__ = ("throttle_time_ms", "error_code", "members")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,  # versions 1-5
        error_code: int = 0,
        members: list[LeaveGroupResponseMemberResponse] = EMPTY,  # versions 3-5
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.members = [] if members is EMPTY else members
