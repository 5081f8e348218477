"""LiveGroupConfigs: what is set on groups, as it is now; stored in the catalog and applied at once."""

from collections.abc import Mapping
from typing import Any, Final

from broker.config.group_table import GROUP_SETTINGS, value_of
from broker.config.live import LiveSettings, StoredConfigs

GROUP_RESOURCE: Final = 32


class LiveGroupConfigs:
    """Owns the settings of groups. A group need not exist to have some."""

    def __init__(self, settings: LiveSettings, catalog: StoredConfigs) -> None:
        self._settings = settings
        self._catalog = catalog
        self._values: dict[str, dict[str, str]] = {}

    async def load(self) -> None:
        """Take what was set in earlier runs, as far as this release knows it."""
        self.reload(await self._catalog.load_configs())

    def reload(self, configs: Mapping[tuple[int, str], Mapping[str, str]]) -> None:
        """Take what is set by now, perhaps through another broker, in the same way."""
        self._values = {
            name: {key: text for key, text in values.items() if key in GROUP_SETTINGS}
            for (kind, name), values in configs.items()
            if kind == GROUP_RESOURCE
        }

    @property
    def names(self) -> list[str]:
        """The groups that something is set for."""
        return sorted(self._values)

    def of(self, group_id: str) -> Mapping[str, str]:
        """What is set on the group itself."""
        return self._values.get(group_id, {})

    def value(self, group_id: str, name: str) -> Any:
        """What counts for the group."""
        return value_of(name, self.of(group_id), self._settings.current)

    async def replace(self, group_id: str, values: Mapping[str, str]) -> None:
        """Set everything that is set on a group; the values have been checked."""
        await self._catalog.set_config(GROUP_RESOURCE, group_id, values)
        if values:
            self._values[group_id] = dict(values)
        else:
            self._values.pop(group_id, None)
