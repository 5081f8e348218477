"""LiveSettings: the broker's settings as they are now. What is changed while it runs is stored in the catalog and applied at once.

A value comes from the first of: what was set for this broker, what was set for all brokers, what it was started with, the
default (KIP-226).
"""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from pydantic import ValidationError

from broker.config.entry import Origin
from broker.config.kafka_values import ValueProblem
from broker.config.problems import Problem, SettingsInvalid
from broker.config.settings import BY_KAFKA_NAME, Settings, problems_of

BROKER_RESOURCE: Final = 4
ALL_BROKERS: Final = ""
"""The resource name of what is set for all brokers."""


class StoredConfigs(Protocol):
    """What is needed of the catalog."""

    async def load_configs(self) -> dict[tuple[int, str], dict[str, str]]: ...

    async def set_config(self, kind: int, name: str, values: Mapping[str, str]) -> None: ...


class LiveSettings:
    """Owns what was set while running. ``current`` is replaced as a whole by each change."""

    def __init__(self, static: Settings, catalog: StoredConfigs) -> None:
        self.static: Final = static
        self.current = static
        self.own_name: Final = str(static.node_id)
        self._catalog = catalog
        self._dynamic: dict[str, dict[str, str]] = {}
        self._callbacks: list[Callable[[Settings], None]] = []

    async def load(self) -> None:
        """Take what was set in earlier runs. What cannot be any more (stored by another version, or at odds with what the
        broker is started with now) is left aside: it must not keep the broker from starting."""
        self._take(await self._catalog.load_configs())

    def reload(self, configs: Mapping[tuple[int, str], Mapping[str, str]]) -> None:
        """Take what is set by now, perhaps through another broker, in the same way."""
        before = self.current
        self._dynamic.clear()
        self._take(configs)
        if self.current != before:
            for callback in self._callbacks:
                callback(self.current)

    def _take(self, configs: Mapping[tuple[int, str], Mapping[str, str]]) -> None:
        for (kind, name), values in configs.items():
            if kind == BROKER_RESOURCE:
                self._dynamic[name] = dict(values)
        try:
            self.current = self.preview({})
        except SettingsInvalid as error:
            wrong = {problem.setting.replace(".", "_") for problem in error.problems}
            for values in self._dynamic.values():
                for name in [name for name in values if name.replace(".", "_") in wrong]:
                    del values[name]
            try:
                self.current = self.preview({})
            except SettingsInvalid:
                self._dynamic.clear()

    def leave_aside(self, prefix: str) -> list[str]:
        """Go on without what was set while running under names that begin so, and cannot be used now. It stays stored. The names."""
        left = sorted({name for values in self._dynamic.values() for name in values if name.startswith(prefix)})
        for values in self._dynamic.values():
            for name in left:
                values.pop(name, None)
        try:
            self.current = self.preview({})
        except SettingsInvalid:  # at odds without them
            self._dynamic.clear()
            self.current = self.static
        return left

    def subscribe(self, callback: Callable[[Settings], None]) -> None:
        """Call ``callback(current)`` after each change."""
        self._callbacks.append(callback)

    def dynamic(self, name: str) -> Mapping[str, str]:
        """What was set for broker ``name``, or for all brokers, by Kafka's names."""
        return self._dynamic.get(name, {})

    @property
    def names(self) -> list[str]:
        """The resources that something was set for."""
        return [name for name, values in self._dynamic.items() if values]

    def preview(self, replaced: Mapping[str, Mapping[str, str]]) -> Settings:
        """The settings if the dynamic values of the resources in ``replaced`` were these. Raises SettingsInvalid."""
        own = replaced.get(self.own_name, self.dynamic(self.own_name))
        everywhere = replaced.get(ALL_BROKERS, self.dynamic(ALL_BROKERS))
        problems = []
        changes = {}
        for name, text in {**everywhere, **own}.items():
            setting = BY_KAFKA_NAME.get(name)
            if setting is None:
                problems.append(Problem(setting=name, value=text, why="no setting has this name"))
                continue
            try:
                changes[setting.name] = setting.read(text)
            except ValueProblem as problem:
                problems.append(Problem(setting=name, value=text, why=str(problem)))
        if problems:
            raise SettingsInvalid(problems)
        if not changes:
            return self.static
        given = {name: getattr(self.static, name) for name in self.static.model_fields_set}
        try:
            return Settings(**given | changes).changed_from(Origin(self.static, own, everywhere))
        except ValidationError as error:
            raise SettingsInvalid(problems_of(error)) from error

    async def replace(self, name: str, values: Mapping[str, str]) -> None:
        """Set everything that is set for broker ``name`` (or all): checked, stored, then applied. Raises SettingsInvalid."""
        changed = self.preview({name: values})
        await self._catalog.set_config(BROKER_RESOURCE, name, values)
        self._dynamic[name] = dict(values)
        self.current = changed
        for callback in self._callbacks:
            callback(changed)
