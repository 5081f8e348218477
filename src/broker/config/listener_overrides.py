"""Settings that a listener has for itself: ``listener.name.<name>.<key>``, as Kafka names them.

``<key>`` is a setting that may differ from listener to listener; between name and key may stand a mechanism of SASL
(``listener.name.internal.scram-sha-256.<key>``), which then comes before the listener's own. Names are compared without regard to case, and with
``_`` for ``.`` and ``-``, so that they can be written in environment variables too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from broker.config.kafka_values import ValueProblem
from broker.config.problems import HIDDEN, Problem

if TYPE_CHECKING:
    from broker.config.setting import Setting

FIELD: Final = "listener_overrides"
"""The field of Settings that holds them all."""

PREFIX: Final = "listener_name_"

_SEPARATORS: Final = re.compile(r"[^a-z0-9]")


def plain(name: str) -> str:
    """A name as it is compared."""
    return _SEPARATORS.sub("_", name.strip().lower())


def override_key(name: str, known: Mapping[str, "Setting"]) -> str | None:
    """The key of an override whose full name is ``name``: ``OWNER.FIELD``; None when it is none, or of nothing that may differ."""
    name = plain(name)
    if not name.startswith(PREFIX):
        return None
    parts = name.removeprefix(PREFIX).split("_")
    # The longest name of a setting that it ends with; what is before it is the owner.
    for start in range(1, len(parts)):
        field = "_".join(parts[start:])
        setting = known.get(field)
        if setting is not None and setting.per_listener:
            return f"{'_'.join(parts[:start])}.{field}"
    return None


def full_name(key: str) -> str:
    """What the override of this key is called where settings are written."""
    owner, _, field = key.partition(".")
    return f"listener.name.{owner}.{field.replace('_', '.')}"


def as_overrides(value: Any) -> dict[str, Any]:
    """The field's value: a mapping, by key or by full name."""
    if not isinstance(value, Mapping):
        raise ValueProblem("expected listener.name.NAME.KEY with a value, each")
    return {str(key): each for key, each in value.items()}


def read_overrides(given: Mapping[str, Any], known: Mapping[str, "Setting"]) -> tuple[dict[str, Any], list[Problem]]:
    """The values by key, each read as the setting that it stands for, and what is wrong with them."""
    values: dict[str, Any] = {}
    problems = []
    for name, value in given.items():
        owner, dot, field = name.partition(".")
        key = name if dot and owner and field in known and known[field].per_listener else override_key(name, known)
        if key is None:
            why = "it is no setting that a listener has for itself"
            problems.append(Problem(setting=name, value=HIDDEN, why=why, fix="leave it out"))
            continue
        setting = known[key.partition(".")[2]]
        try:
            values[key] = setting.read(value)
        except ValueProblem as problem:
            shown = HIDDEN if setting.sensitive else str(value)
            problems.append(Problem(setting=full_name(key), value=shown, why=str(problem), fix="mend it, or leave it out"))
    return values, problems


def of_nobody(keys: Iterable[str], listeners: Iterable[str], mechanisms: Iterable[str]) -> list[str]:
    """The keys whose owner is none of these listeners: a name that is not spelled right would leave a door open."""
    owners = {plain(name) for name in listeners}
    owners |= {f"{owner}_{plain(mechanism)}" for owner in owners for mechanism in mechanisms}
    return [key for key in keys if key.partition(".")[0] not in owners]


def value_for(overrides: Mapping[str, Any], listener: str, field: str, mechanism: str = "") -> tuple[bool, Any]:
    """Whether a listener has a value of its own, and which."""
    owner = plain(listener)
    for key in (f"{owner}_{plain(mechanism)}.{field}", f"{owner}.{field}") if mechanism else (f"{owner}.{field}",):
        if key in overrides:
            return True, overrides[key]
    return False, None
