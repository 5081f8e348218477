"""ListConfigResources (API key 74): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class ListConfigResourcesRequest(Message):
    """Versions 0-1."""

    __slots__ = ("resource_types",)

    def __init__(
        self,
        *,
        resource_types: list[int] = EMPTY,  # versions 1
    ) -> None:
        self.resource_types = [] if resource_types is EMPTY else resource_types


class ListConfigResourcesResponseConfigResource(Message):
    """Part of ListConfigResourcesResponse."""

    __slots__ = ("resource_name", "resource_type")

    def __init__(
        self,
        *,
        resource_name: str = "",
        resource_type: int = 16,  # versions 1
    ) -> None:
        self.resource_name = resource_name
        self.resource_type = resource_type


class ListConfigResourcesResponse(Message):
    """Versions 0-1."""

    __slots__ = ("throttle_time_ms", "error_code", "config_resources")

    def __init__(
        self,
        *,
        throttle_time_ms: int = 0,
        error_code: int = 0,
        config_resources: list[ListConfigResourcesResponseConfigResource] = EMPTY,
    ) -> None:
        self.throttle_time_ms = throttle_time_ms
        self.error_code = error_code
        self.config_resources = [] if config_resources is EMPTY else config_resources
