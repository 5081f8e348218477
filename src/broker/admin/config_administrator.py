"""Describes and changes the configuration of topics, brokers, the broker's logger, groups and client metrics.

A change is checked as a whole before anything of it is done: of one resource either everything is changed or nothing.
Changes of brokers are made one at a time here, changes of topics by the topic administrator, so that no change is lost between
reading what is set and storing what comes of it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from anyio import CancelScope, Lock

from broker.admin.broker_loggers import logger_entries, set_levels
from broker.admin.config_rules import (
    Operation,
    ResourceType,
    broker_operations,
    broker_refusal,
    check_broker_name,
    check_broker_names,
    check_operations,
    client_metrics_operations,
    group_operations,
    topic_operations,
)
from broker.admin.topic_administrator import KnownTopic, TopicAdministrator
from broker.admin.topic_names import name_problem
from broker.config import topic_config
from broker.config.broker_entries import broker_entries, cluster_entries
from broker.config.client_metrics_live import LiveClientMetrics
from broker.config.client_metrics_table import client_metrics_entries, refusal_of
from broker.config.entry import Entry
from broker.config.group_table import GROUP_SETTINGS, group_entries, problem_of
from broker.config.groups_live import LiveGroupConfigs
from broker.config.kafka_values import show
from broker.config.live import LiveSettings
from broker.config.problems import HIDDEN, SettingsInvalid
from broker.config.settings import BY_KAFKA_NAME, Settings
from broker.config.topic_table import TOPIC_SETTINGS
from broker.errors import BrokerError
from broker.storage.catalog.base import ConfigCatalog
from broker.wire.error_codes import ErrorCode
from observability import logs

Change = Callable[[Mapping[str, str], Callable[[str], str | None]], dict[str, str]]
"""What is set afterwards, from what is set now and from what a setting that is not set falls back to."""

Altered = tuple[Mapping[str, str], Mapping[str, str]]
"""What was set before and what is set after a change, for auditors: nothing in it is secret."""


class Directory(Protocol):
    """What is needed of the topic directory."""

    def by_name(self, name: str) -> KnownTopic | None: ...

    def all(self) -> Iterable[KnownTopic]: ...


class ConfigAdministrator:
    """Every refusal is a :class:`BrokerError` with the code and the words for the client."""

    def __init__(
        self,
        catalog: ConfigCatalog,
        settings: LiveSettings,
        directory: Directory,
        topics: TopicAdministrator,
        node_id: int,
        groups: LiveGroupConfigs | None = None,
        client_metrics: LiveClientMetrics | None = None,
    ) -> None:
        self._catalog = catalog
        self._settings = settings
        self._directory = directory
        self._topics = topics
        self._node_id = node_id
        self._groups = groups or LiveGroupConfigs(settings, catalog)
        self._client_metrics = client_metrics or LiveClientMetrics(catalog)
        self.try_settings: Callable[[Settings], Awaitable[None]] | None = None
        """Has whoever needs more than the values (files, for TLS) try settings before they are stored. Raises BrokerError."""
        self.changing: Final = Lock()
        """Held while what is in memory is made to follow the catalog."""

    # --- describe -----------------------------------------------------------------------------------------------------

    def describe(self, kind: int, name: str) -> list[Entry]:
        """Everything that can be said of one resource, by name of setting."""
        match kind:
            case ResourceType.TOPIC:
                _check_topic_name(name)
                state = self._directory.by_name(name)
                if state is None:
                    raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
                return topic_config.entries(state.topic.config, self._settings.current)
            case ResourceType.BROKER:
                if not name:
                    return cluster_entries(self._settings.current)
                self._check_own(name, "Broker id", "Unexpected broker id, expected {own} or empty string, but received {asked}")
                return broker_entries(self._settings.current)
            case ResourceType.BROKER_LOGGER:
                if not name:
                    raise BrokerError(ErrorCode.INVALID_REQUEST, "Broker id must not be empty")
                self._check_own(name, "Broker id", "Unexpected broker id, expected {own} but received {asked}")
                return logger_entries()
            case ResourceType.CLIENT_METRICS:
                if not name:
                    raise BrokerError(ErrorCode.INVALID_REQUEST, "Client metrics subscription name must not be empty")
                return client_metrics_entries(self._client_metrics.of(name))
            case ResourceType.GROUP:
                if not name:
                    raise BrokerError(ErrorCode.INVALID_REQUEST, "Group name must not be empty")
                return group_entries(self._groups.of(name), self._settings.current)
            case _:
                raise _unknown_type(kind)

    def resources(self, kinds: Collection[int]) -> list[tuple[ResourceType, str]]:
        """The resources of these types (all types when there are none) that have configuration (KIP-1142).

        Of groups and of client metrics those that something is set for.
        """
        wanted = set(kinds) or set(ResourceType)
        if unknown := wanted - set(ResourceType):
            raise BrokerError(ErrorCode.UNSUPPORTED_VERSION, f"Unknown resource types {sorted(unknown)}")
        found = [
            (kind, str(self._node_id))
            for kind in (ResourceType.BROKER, ResourceType.BROKER_LOGGER)
            if kind in wanted
        ]
        if ResourceType.TOPIC in wanted:
            found += [(ResourceType.TOPIC, state.name) for state in self._directory.all()]
        if ResourceType.CLIENT_METRICS in wanted:
            found += [(ResourceType.CLIENT_METRICS, name) for name in self._client_metrics.names]
        if ResourceType.GROUP in wanted:
            found += [(ResourceType.GROUP, name) for name in self._groups.names]
        return found

    # --- change -------------------------------------------------------------------------------------------------------

    async def alter(self, kind: int, name: str, operations: Sequence[Operation], *, validate_only: bool) -> Altered | None:
        """Change single settings (IncrementalAlterConfigs). None when nothing was changed."""
        check_operations(operations)
        match kind:
            case ResourceType.TOPIC:
                return await self._change_topic(name, lambda set_now, or_else: topic_operations(set_now, operations, or_else), validate_only)
            case ResourceType.BROKER:
                return await self._change_broker(name, lambda set_now, or_else: broker_operations(set_now, operations, or_else), validate_only)
            case ResourceType.BROKER_LOGGER:
                self._check_own(name, "Node id", "Unexpected node id. Expected {own}, but received {asked}")
                before = logs.level()
                set_levels(operations, validate_only=validate_only)
                return _differing({"level": before}, {"level": logs.level()})
            case ResourceType.GROUP:
                return await self._change_group(name, lambda set_now, or_else: group_operations(set_now, operations, or_else), validate_only)
            case ResourceType.CLIENT_METRICS:
                return await self._change_client_metrics(
                    name, lambda set_now, or_else: client_metrics_operations(set_now, operations, or_else), validate_only
                )
            case _:
                raise _unknown_type(kind)

    async def replace(self, kind: int, name: str, values: Sequence[tuple[str, str | None]], *, validate_only: bool) -> Altered | None:
        """Set these settings and no others (AlterConfigs). None when nothing was changed."""
        check_operations([Operation(key, 0, value) for key, value in values])
        wanted = {key: value or "" for key, value in values}
        match kind:
            case ResourceType.TOPIC:
                return await self._change_topic(name, lambda _set_now, _or_else: wanted, validate_only)
            case ResourceType.BROKER:
                return await self._change_broker(name, lambda _set_now, _or_else: wanted, validate_only)
            case ResourceType.BROKER_LOGGER:
                raise _unknown_type(kind)
            case ResourceType.GROUP:
                return await self._change_group(name, lambda _set_now, _or_else: wanted, validate_only)
            case ResourceType.CLIENT_METRICS:
                return await self._change_client_metrics(name, lambda _set_now, _or_else: wanted, validate_only)
            case _:
                raise _unknown_type(kind)

    async def _change_topic(self, name: str, change: Change, validate_only: bool) -> Altered | None:
        if not name:
            raise BrokerError(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
        _check_topic_name(name)

        altered: Altered | None = None

        def checked(set_now: Mapping[str, str]) -> dict[str, str]:
            nonlocal altered
            changed = change(set_now, self._topic_default)
            altered = dict(set_now), changed
            if (problem := topic_config.check_overrides(changed, self._settings.current)) is not None:
                raise BrokerError(ErrorCode.INVALID_CONFIG, problem)
            return changed

        state = self._directory.by_name(name)
        if state is None:
            # Kafka looks at the values first and finds out only then that there is no such topic.
            checked({})
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")
        changed = checked(state.topic.config)
        if validate_only or changed == dict(state.topic.config):
            return None
        try:
            await self._topics.change_config(state.topic_id, checked)
        except BrokerError as error:
            if error.code != ErrorCode.UNKNOWN_TOPIC_ID:
                raise
            raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.") from error
        return altered

    def _topic_default(self, name: str) -> str | None:
        setting = TOPIC_SETTINGS[name]
        return setting.show(setting.fall_back(self._settings.current))

    async def _change_broker(self, name: str, change: Change, validate_only: bool) -> Altered | None:
        if name:
            self._check_own(name, "Node id", "Unexpected broker id, expected {own}, but received {asked}")
            name = self._settings.own_name
        async with self.changing:
            changed = change(self._settings.dynamic(name), self._broker_default)
            check_broker_names(changed, one_broker=bool(name))
            try:
                before = dict(self._settings.dynamic(name))
                new = self._settings.preview({name: changed})
                if self.try_settings is not None:
                    await self.try_settings(new)
                if validate_only or changed == before:
                    return None
                with CancelScope(shield=True):
                    await self._settings.replace(name, changed)
            except SettingsInvalid as error:
                raise broker_refusal(error) from error
        await self._tell_others()
        return without_secrets(before, changed)

    async def _change_group(self, name: str, change: Change, validate_only: bool) -> Altered | None:
        if not name:
            raise BrokerError(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
        async with self.changing:
            changed = change(self._groups.of(name), self._group_default)
            if (problem := problem_of(changed, self._settings.current)) is not None:
                raise BrokerError(ErrorCode.INVALID_CONFIG, problem)
            before = dict(self._groups.of(name))
            if validate_only or changed == before:
                return None
            with CancelScope(shield=True):
                await self._groups.replace(name, changed)
        await self._tell_others()
        return before, changed

    async def _change_client_metrics(self, name: str, change: Change, validate_only: bool) -> Altered | None:
        if not name:
            raise BrokerError(ErrorCode.INVALID_REQUEST, "Subscription name can't be empty")
        async with self.changing:
            changed = change(self._client_metrics.of(name), lambda key: "")
            if (refusal := refusal_of(changed)) is not None:
                raise refusal
            before = dict(self._client_metrics.of(name))
            if validate_only or changed == before:
                return None
            with CancelScope(shield=True):
                await self._client_metrics.replace(name, changed)
        await self._tell_others()
        return before, changed

    async def _tell_others(self) -> None:
        if self._topics.tell_others is not None:
            await self._topics.tell_others()

    def _group_default(self, name: str) -> str | None:
        setting = GROUP_SETTINGS[name]
        return show(setting.kind, setting.fall_back(self._settings.current))

    def _check_own(self, name: str, what: str, other: str) -> None:
        check_broker_name(name, self._node_id, what=what, other=other)

    def _broker_default(self, name: str) -> str | None:
        setting = BY_KAFKA_NAME[name]
        return setting.show(getattr(self._settings.current, setting.name))


def without_secrets(before: Mapping[str, str], after: Mapping[str, str]) -> Altered:
    """A secret is shown as hidden, and its new value as hidden and changed."""
    secret = {name for name in (*before, *after) if name not in BY_KAFKA_NAME or BY_KAFKA_NAME[name].sensitive}
    return (
        {name: HIDDEN if name in secret else value for name, value in before.items()},
        {
            name: value if name not in secret else HIDDEN if value == before.get(name) else f"{HIDDEN} (changed)"
            for name, value in after.items()
        },
    )


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> Altered | None:
    return None if before == after else (before, after)


def _check_topic_name(name: str) -> None:
    if (problem := name_problem(name)) is not None:
        raise BrokerError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)


def _unknown_type(kind: int) -> BrokerError:
    return BrokerError(ErrorCode.INVALID_REQUEST, f"Unknown resource type {kind}")
