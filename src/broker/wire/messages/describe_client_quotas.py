"""DescribeClientQuotas (API key 48): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class DescribeClientQuotasRequestComponentData(Message):
    """Part of DescribeClientQuotasRequest."""

    __slots__ = ("entity_type", "match_type", "match")

    def __init__(
        self,
        *,
        entity_type: str = "",
        match_type: int = 0,
        match: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.match_type = match_type
        self.match = match


class DescribeClientQuotasRequest(Message):
    """Versions 0-1."""

    __slots__ = ("components", "strict")

    def __init__(
        self,
        *,
        components: list[DescribeClientQuotasRequestComponentData] = EMPTY,
        strict: bool = False,
    ) -> None:
        self.components = [] if components is EMPTY else components
        self.strict = strict


class DescribeClientQuotasResponseEntityData(Message):
    """Part of DescribeClientQuotasResponse."""

    __slots__ = ("entity_type", "entity_name")

    def __init__(
        self,
        *,
        entity_type: str = "",
        entity_name: str | None = "",
    ) -> None:
        self.entity_type = entity_type
        self.entity_name = entity_name


class DescribeClientQuotasResponseValueData(Message):
    """Part of DescribeClientQuotasResponse."""

    __slots__ = ("key", "value")

    def __init__(
        self,
        *,
        key: str = "",
        value: float = 0.0,
    ) -> None:
        self.key = key
        self.value = value


class DescribeClientQuotasResponseEntryData(Message):
    """Part of DescribeClientQuotasResponse."""

    __slots__ = ("entity", "values")

    def __init__(
        self,
        *,
        entity: list[DescribeClientQuotasResponseEntityData] = EMPTY,
        values: list[DescribeClientQuotasResponseValueData] = EMPTY,
    ) -> None:
        self.entity = [] if entity is EMPTY else entity
        self.values = [] if values is EMPTY else values


class DescribeClientQuotasResponse(Message):
    """Versions 0-1."""

    __slots__ = ("throttle_time_ms", "error_code", "error_message", "entries")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        error_message: str | None = "",
        entries: list[DescribeClientQuotasResponseEntryData] | None = EMPTY,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.error_message = error_message
        self.entries = [] if entries is EMPTY else entries
