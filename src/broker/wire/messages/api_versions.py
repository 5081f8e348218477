"""ApiVersions (API key 18): the message classes of all versions.

Generated from the message facts by `python -m broker.wire.generate`: do not edit.
"""

from broker.wire.messages.base import EMPTY, Message


class ApiVersionsRequest(Message):
    """Versions 0-4."""

    __slots__ = ("client_software_name", "client_software_version")

    def __init__(
        self,
        *,
        client_software_name: str = "",  # versions 3-4
        client_software_version: str = "",  # versions 3-4
    ) -> None:
        self.client_software_name = client_software_name
        self.client_software_version = client_software_version


class ApiVersionsResponseApiVersion(Message):
    """Part of ApiVersionsResponse."""

    __slots__ = ("api_key", "min_version", "max_version")

    def __init__(
        self,
        *,
        api_key: int = 0,
        min_version: int = 0,
        max_version: int = 0,
    ) -> None:
        self.api_key = api_key
        self.min_version = min_version
        self.max_version = max_version


class ApiVersionsResponseSupportedFeatureKey(Message):
    """Part of ApiVersionsResponse."""

    __slots__ = ("name", "min_version", "max_version")

    def __init__(
        self,
        *,
        name: str = "",  # versions 3-4
        min_version: int = 0,  # versions 3-4
        max_version: int = 0,  # versions 3-4
    ) -> None:
        self.name = name
        self.min_version = min_version
        self.max_version = max_version


class ApiVersionsResponseFinalizedFeatureKey(Message):
    """Part of ApiVersionsResponse."""

    __slots__ = ("name", "max_version_level", "min_version_level")

    def __init__(
        self,
        *,
        name: str = "",  # versions 3-4
        max_version_level: int = 0,  # versions 3-4
        min_version_level: int = 0,  # versions 3-4
    ) -> None:
        self.name = name
        self.max_version_level = max_version_level
        self.min_version_level = min_version_level


class ApiVersionsResponse(Message):
    """Versions 0-4."""

    __slots__ = (
        "error_code",
        "api_keys",
        "throttle_time_ms",
        "supported_features",
        "finalized_features_epoch",
        "finalized_features",
        "zk_migration_ready",
    )

    def __init__(
        self,
        *,
        error_code: int = 0,
        api_keys: list[ApiVersionsResponseApiVersion] = EMPTY,
        throttle_time_ms: int = 0,  # versions 1-4
        supported_features: list[ApiVersionsResponseSupportedFeatureKey] = EMPTY,  # versions 3-4
        finalized_features_epoch: int = -1,  # versions 3-4
        finalized_features: list[ApiVersionsResponseFinalizedFeatureKey] = EMPTY,  # versions 3-4
        zk_migration_ready: bool = False,  # versions 3-4
    ) -> None:
        self.error_code = error_code
        self.api_keys = [] if api_keys is EMPTY else api_keys
        self.throttle_time_ms = throttle_time_ms
        self.supported_features = [] if supported_features is EMPTY else supported_features
        self.finalized_features_epoch = finalized_features_epoch
        self.finalized_features = [] if finalized_features is EMPTY else finalized_features
        self.zk_migration_ready = zk_migration_ready
