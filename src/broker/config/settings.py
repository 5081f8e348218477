"""Settings: every setting of the broker, as one validated value that never changes.

``Settings(...)`` reads no file and no environment; :mod:`broker.config.load` does.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from pydantic import PrivateAttr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from broker.config.access_settings import AccessSettings
from broker.config.audit_settings import AuditSettings
from broker.config.cluster_settings import ClusterSettings
from broker.config.cross_checks import cross_check
from broker.config.entry import Origin
from broker.config.kafka_settings import KafkaSettings
from broker.config.kafka_values import ValueProblem
from broker.config.life_cycle_settings import LifeCycleSettings
from broker.config.listener_overrides import FIELD as OVERRIDES
from broker.config.listener_overrides import read_overrides, value_for
from broker.config.listeners import Listener
from broker.config.penstock_settings import PenstockSettings
from broker.config.problems import HIDDEN, CrossProblems, Problem
from broker.config.quota_settings import QuotaSettings
from broker.config.sasl_settings import SaslSettings
from broker.config.setting import Setting, setting_of
from broker.config.share_settings import ShareSettings
from broker.config.sources import Layer
from broker.config.tls_settings import TlsSettings
from broker.config.topic_defaults import TopicDefaults

_LAYERS: ContextVar[tuple[Layer, ...]] = ContextVar("layers", default=())


class Settings(
    PenstockSettings,
    TlsSettings,
    SaslSettings,
    ClusterSettings,
    LifeCycleSettings,
    AuditSettings,
    KafkaSettings,
    ShareSettings,
    AccessSettings,
    QuotaSettings,
    TopicDefaults,
    BaseSettings,
):
    """All settings. Never changed: a dynamic change makes another one (:class:`broker.config.live.LiveSettings`).

    ``model_fields_set`` are those that were given rather than left at their defaults.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, enable_decoding=False, defer_build=False)

    _sources: dict[str, str] = PrivateAttr(default_factory=dict)
    _origin: Origin | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, *(_LayerSource(settings_cls, layer) for layer in _LAYERS.get()))

    @field_validator("*", mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> Any:
        assert info.field_name is not None
        value = SETTINGS[info.field_name].read(value)
        if info.field_name == OVERRIDES:
            value, problems = read_overrides(value, SETTINGS)
            if problems:
                raise CrossProblems(problems)
        return value

    @model_validator(mode="before")
    @classmethod
    def _keep_both_names_of_the_id(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = {name: values[name] for name in ("node_id", "broker_id") if str(values.get(name, "-1")).strip() != "-1"}
        if len(given) != 1:
            return values
        ((name, value),) = given.items()
        try:
            SETTINGS[name].read(value)
        except ValueProblem:
            # Told once, by the name it was given by.
            return values
        return {**values, "node_id": value, "broker_id": value}

    @model_validator(mode="after")
    def _cross_check(self) -> "Settings":
        problems = cross_check(self)
        if problems:
            raise CrossProblems(problems)
        return self

    def advertised(self, listener_name: str) -> Listener | None:
        """The address advertised for a listener, None when it is the one that is bound."""
        return next((listener for listener in self.advertised_listeners if listener.name == listener_name), None)

    def protocol_of(self, listener_name: str) -> str:
        """What a listener speaks: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
        return self.listener_security_protocol_map[listener_name.upper()]

    def on_listener(self, listener_name: str, field: str, mechanism: str = "") -> Any:
        """A field's value on one listener: its own (for a mechanism of SASL, where it has one for that), or else what counts everywhere."""
        found, value = value_for(self.listener_overrides, listener_name, field, mechanism)
        return value if found else getattr(self, field)

    @property
    def clustered(self) -> bool:
        """Whether the catalog is one that brokers share."""
        return self.catalog is not None and not self.catalog.startswith("sqlite:")

    @property
    def names_its_node(self) -> bool:
        """Whether the broker's number was set, rather than left to the cluster."""
        return bool({"node_id", "broker_id"} & self.model_fields_set)

    def as_node(self, node_id: int) -> "Settings":
        """The same for a broker that the cluster has given this number."""
        return self.model_copy(update={"node_id": node_id, "broker_id": node_id})

    @property
    def origin(self) -> Origin:
        """What of this was set while the broker ran, and what it was started with."""
        return self._origin or Origin(self, {}, {})

    def changed_from(self, origin: Origin) -> "Settings":
        """Remember that this came about by changes while the broker ran; itself."""
        self._origin = origin
        return self

    def name_sources(self, sources: Mapping[str, str]) -> None:
        """Remember, for :meth:`source_of`, where the values came from."""
        self._sources = dict(sources)

    def source_of(self, name: str) -> str:
        """Where the value of a field came from, in words for people: "default", "flag", "environment", a file's name."""
        return self._sources.get(name, "given" if name in self.model_fields_set else "default")


@contextmanager
def reading(layers: tuple[Layer, ...]) -> Iterator[None]:
    """Within it, ``Settings()`` takes its values from ``layers``, the first one first."""
    token = _LAYERS.set(layers)
    try:
        yield
    finally:
        _LAYERS.reset(token)


class _LayerSource(PydanticBaseSettingsSource):
    """Hands pydantic-settings what one source gave."""

    def __init__(self, settings_cls: type[BaseSettings], layer: Layer) -> None:
        super().__init__(settings_cls)
        self._layer = layer

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._layer.values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._layer.values


SETTINGS: Final[Mapping[str, Setting]] = {name: setting_of(name, field) for name, field in Settings.model_fields.items()}
"""What is known of each field, by its name."""

BY_KAFKA_NAME: Final[Mapping[str, Setting]] = {setting.kafka_name: setting for setting in SETTINGS.values() if setting.kafka}
"""The settings that are Kafka's, by Kafka's name."""


def problems_of(error: ValidationError, sources: Mapping[str, str] | None = None) -> list[Problem]:
    """What pydantic found, in our words."""
    problems: list[Problem] = []
    for detail in error.errors(include_url=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, CrossProblems):
            problems += [_sourced(problem, sources or {}) for problem in cause.problems]
            continue
        name = ".".join(map(str, detail["loc"][:1]))
        setting = SETTINGS.get(name)
        problems.append(
            _sourced(
                Problem(
                    setting=name,
                    value=HIDDEN if setting is not None and setting.sensitive else str(detail["input"]),
                    why=str(cause) if cause is not None else detail["msg"],
                    fix=_fix(setting),
                ),
                sources or {},
            )
        )
    return problems


def _sourced(problem: Problem, sources: Mapping[str, str]) -> Problem:
    return Problem(
        setting=problem.setting, value=problem.value, why=problem.why, fix=problem.fix, source=sources.get(problem.setting, "")
    )


def _fix(setting: Setting | None) -> str:
    if setting is None:
        return "leave it out"
    allowed = f" ({setting.check})" if setting.check is not None else ""
    unit = f" in {setting.unit}" if setting.unit else ""
    default = "not set" if setting.default is None else setting.show(setting.default)
    return f"set a value of type {setting.kind.name.lower()}{unit}{allowed}; the default is {default or 'empty'}"
