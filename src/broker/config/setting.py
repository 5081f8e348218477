"""What is known of one setting besides its value: type, range, unit, whether it may change while the broker runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field
from pydantic.fields import FieldInfo

from broker.config.kafka_values import Check, Kind, check_type, parse, show

Mode = Literal["read-only", "per-broker", "cluster-wide"]
"""Kafka's "dynamic update mode": fixed at start, changeable for one broker, changeable for one or all."""

_KEY: Final = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The facts of one field of Settings. ``kafka`` says whether the name with dots is Kafka's own.

    ``convert`` makes the field's value where Kafka's types do not reach (listeners, paths); the default may be None, "not set".
    ``without_effect`` says why the setting is taken, checked and shown, but changes nothing here. ``per_listener``: a listener may have a value of
    its own, ``listener.name.<name>.<key>``.
    """

    name: str
    kind: Kind
    default: Any
    what: str
    kafka: bool
    check: Check | None = None
    unit: str = ""
    mode: Mode = "read-only"
    sensitive: bool = False
    convert: Callable[[Any], Any] | None = None
    shown_by: Callable[[Any], str | None] | None = None
    without_effect: str = ""
    per_listener: bool = False
    of_plugin: bool = False
    """Whether in Kafka a plugin alone knows of it (its authorizer): DescribeConfigs does not list it."""

    @property
    def kafka_name(self) -> str:
        """The name with dots: ``num.partitions``."""
        return self.name.replace("_", ".")

    def read(self, value: Any) -> Any:
        """The field's value from text, or from a value of the right type; raises ValueProblem."""
        if value is None and self.default is None:
            return None
        if self.convert is not None:
            value = self.convert(value)
        elif isinstance(value, str):
            value = parse(self.kind, value)
        else:
            value = check_type(self.kind, value)
        if self.check is not None:
            self.check(value)
        return value

    def show(self, value: Any) -> str | None:
        """The value as text, in the form :meth:`read` takes."""
        if value is None:
            return None
        return self.shown_by(value) if self.shown_by is not None else show(self.kind, value)


def kafka(kind: Kind, default: Any, what: str, **facts: Any) -> Any:
    """A field that is Kafka's setting of the same name, dots for underscores; ``facts`` as in :class:`Setting`."""
    return _field(kind, default, what, kafka=True, **facts)


def own(kind: Kind, default: Any, what: str, **facts: Any) -> Any:
    """A field that only this broker has."""
    return _field(kind, default, what, kafka=False, **facts)


def _field(kind: Kind, default: Any, what: str, **facts: Any) -> Any:
    extra: dict[str, Any] = {_KEY: {"kind": kind, "what": what, **facts}}
    return Field(default=default, description=what, repr=not facts.get("sensitive", False), json_schema_extra=extra)


def setting_of(name: str, field: FieldInfo) -> Setting:
    """The facts given where the field was declared."""
    extra = field.json_schema_extra
    assert isinstance(extra, dict), f"{name}: declare it with kafka() or own()"
    facts: dict[str, Any] = dict(extra[_KEY])  # type: ignore[arg-type]
    return Setting(name=name, default=field.default, **facts)
