"""Members as values that can be JSON; the contract tests of groups say that each of their fields comes back from a catalog."""

import json
from dataclasses import replace

from broker.storage.catalog.base import StoredClassicTerms
from broker.storage.catalog.group_details import (
    classic_member,
    classic_values,
    consumer_member,
    consumer_values,
    share_member,
    share_values,
    terms_values,
)
from tests.broker.storage.catalog import test_contract_consumer_groups as consumer
from tests.broker.storage.catalog import test_contract_groups as classic
from tests.broker.storage.catalog import test_contract_share_groups as share


def through_json(values: dict[str, object] | None) -> dict[str, object] | None:
    return json.loads(json.dumps(values))  # type: ignore[no-any-return]


def test_members_come_back_from_json() -> None:
    """Of each kind, with bytes and texts of any kind."""
    terms = StoredClassicTerms(30_000, (("range", bytes(range(256))), ("\ud800", b"")))
    member = replace(consumer.MEMBER, classic=terms)

    assert classic_member(through_json(classic_values(classic.MEMBER))) == classic.MEMBER
    assert consumer_member(through_json(consumer_values(member)), through_json(terms_values(terms))) == member
    assert consumer_member(through_json(consumer_values(member)), through_json(terms_values(None))) == consumer.MEMBER
    assert share_member(through_json(share_values(share.MEMBER))) == share.MEMBER


def test_what_a_newer_release_adds_is_left_alone() -> None:
    """Brokers of two releases read what the other one wrote."""
    assert classic_member({**classic_values(classic.MEMBER), "new": 1}) == classic.MEMBER
    assert consumer_member({**consumer_values(consumer.MEMBER), "new": 1}, None) == consumer.MEMBER
    assert share_member({**share_values(share.MEMBER), "new": 1}) == share.MEMBER
