"""The settings that are Kafka's are as Kafka has them."""

import pytest

from broker.config.settings import BY_KAFKA_NAME
from tests.broker.config.test_kafka_names import FACTS

KAFKA = {name: (kind, default, mode) for what, name, kind, default, _, mode in FACTS if what == "broker"}
OURS = {
    "listeners": "only this machine can reach the default address",
    "listener.security.protocol.map": "the same default in another order, and listeners are bound once",
    "node.id": "Kafka has no default",
    "super.users": "in Kafka a setting of its authorizer",
    "allow.everyone.if.no.acl.found": "in Kafka a setting of its authorizer",
}


@pytest.mark.parametrize("name", sorted(set(BY_KAFKA_NAME) - set(OURS)))
def test_type_default_and_update_mode_are_kafkas(name: str) -> None:
    """A setting of the same name must not mean something else."""
    setting = BY_KAFKA_NAME[name]
    default = "<null>" if setting.default is None or setting.show(setting.default) is None else setting.show(setting.default)

    assert (setting.kind.name, default, setting.mode) == KAFKA[name]


@pytest.mark.parametrize("name", sorted(set(BY_KAFKA_NAME) - set(OURS)))
def test_the_range_is_kafkas(name: str) -> None:
    """The ends are allowed, what lies beyond is not."""
    limits = next(limits for what, found, _, _, limits, _ in FACTS if what == "broker" and found == name)
    if not limits.startswith("[") or limits.endswith("-1") or "..." not in limits:
        return
    setting = BY_KAFKA_NAME[name]
    low, _, high = limits.strip("[]").partition(",...")
    step = 0.5 if setting.kind.name == "DOUBLE" else 1
    assert setting.read(low) == float(low)
    with pytest.raises(ValueError, match="at least"):
        setting.read(str(type(step)(low) - step))
    if high:
        high = high.strip(",")
        assert setting.read(high) == float(high)
        with pytest.raises(ValueError, match=r"no more than|Not a number"):
            setting.read(str(type(step)(high) + step))


def test_every_setting_is_explained() -> None:
    """In a sentence, with a unit wherever the name promises one."""
    for setting in BY_KAFKA_NAME.values():
        assert setting.what.endswith("."), setting.name
        for ending, unit in (("_ms", "ms"), ("_bytes", "bytes"), ("_minutes", "minutes"), ("_hours", "hours")):
            assert not setting.name.endswith(ending) or setting.unit == unit, setting.name
