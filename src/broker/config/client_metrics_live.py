"""LiveClientMetrics: the client metrics subscriptions there are, stored in the catalog and in force at once."""

from collections.abc import Mapping
from typing import Final

from broker.config.client_metrics_table import CLIENT_METRICS_SETTINGS, refusal_of
from broker.config.live import StoredConfigs

CLIENT_METRICS_RESOURCE: Final = 16


class LiveClientMetrics:
    """Owns the subscriptions, by name. ``version`` grows with each change."""

    def __init__(self, catalog: StoredConfigs) -> None:
        self._catalog = catalog
        self._values: dict[str, dict[str, str]] = {}
        self.version = 0

    async def load(self) -> None:
        """Take what was set in earlier runs, as far as this release knows it and can use it."""
        self.reload(await self._catalog.load_configs())

    def reload(self, configs: Mapping[tuple[int, str], Mapping[str, str]]) -> None:
        """Take what is set by now, perhaps through another broker, in the same way."""
        before, self._values = self._values, {}
        for (kind, name), values in configs.items():
            if kind == CLIENT_METRICS_RESOURCE:
                known = {key: text for key, text in values.items() if key in CLIENT_METRICS_SETTINGS}
                self._values[name] = known if refusal_of(known) is None else {}
        if self._values != before or not self.version:
            self.version += 1

    @property
    def names(self) -> list[str]:
        """The subscriptions there are."""
        return sorted(self._values)

    def of(self, name: str) -> Mapping[str, str]:
        """What is set for a subscription."""
        return self._values.get(name, {})

    def all(self) -> Mapping[str, Mapping[str, str]]:
        """Every subscription with what is set for it."""
        return self._values

    async def replace(self, name: str, values: Mapping[str, str]) -> None:
        """Set everything that is set for a subscription; without anything it is gone. The values have been checked."""
        await self._catalog.set_config(CLIENT_METRICS_RESOURCE, name, values)
        if values:
            self._values[name] = dict(values)
        else:
            self._values.pop(name, None)
        self.version += 1
