"""API keys against the message facts."""

from broker.wire.api import ApiKey
from broker.wire.registry import FLEXIBLE_FROM, VERSIONS, codec
from broker.wire.schema import load_all


def test_every_api_with_facts_has_a_key() -> None:
    """Name, number and codec belong together."""
    apis = load_all()

    assert {(api.module.upper(), api.key) for api in apis} == {(key.name, key.value) for key in ApiKey}
    assert all(codec(key).name.lower() == key.name.replace("_", "").lower() for key in ApiKey)


def test_versions_are_those_of_kafka() -> None:
    """A few that clients stand and fall with."""
    assert VERSIONS[ApiKey.PRODUCE] == range(3, 14)
    assert VERSIONS[ApiKey.FETCH] == range(4, 19)
    assert VERSIONS[ApiKey.API_VERSIONS] == range(5)
    assert FLEXIBLE_FROM[ApiKey.PRODUCE] == 9
    assert FLEXIBLE_FROM[ApiKey.SASL_HANDSHAKE] > 1
