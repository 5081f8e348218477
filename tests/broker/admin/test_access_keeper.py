"""Whether a client may do something, by the rules as they are stored now."""

from dataclasses import replace

import pytest

from broker.admin.access_keeper import AccessKeeper
from broker.admin.access_register import AccessRegister
from broker.config.settings import Settings
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.memory import MemoryCatalog
from security.acls.acl import Acl
from security.acls.kinds import Operation, PatternType, Permission, ResourceType
from security.identity import NOBODY, Identity

QUESTION = (Identity("User:ann"), "127.0.0.1", Operation.WRITE, ResourceType.TOPIC, "t")
ROOT = (Identity("User:root"), *QUESTION[1:])
RULE = Acl(ResourceType.TOPIC, PatternType.LITERAL, "t", "User:ann", "*", Operation.WRITE, Permission.ALLOW)


def made(catalog: MemoryCatalog | None = None) -> tuple[AccessKeeper, AccessRegister]:
    register = AccessRegister(catalog or MemoryCatalog())
    return AccessKeeper(Settings(data_dir="unused", authorization="on", super_users="User:root"), register), register


def test_without_authorization_everything_is_allowed() -> None:
    """The decision has no rule, and a reason."""
    for keeper in (AccessKeeper(), AccessKeeper(Settings(data_dir="unused"))):
        question = (NOBODY, "127.0.0.1", Operation.WRITE, ResourceType.TOPIC, "t")

        assert not keeper.is_enabled
        assert keeper.allows(*question)
        assert keeper.allows_any(*question[:4])
        assert keeper.explain(*question).reason == "authorization is off"


async def test_a_rule_is_in_force_when_its_change_is_done() -> None:
    """And no more when it was removed; the catalog has no trace of it then."""
    catalog = MemoryCatalog()
    keeper, _ = made(catalog)
    assert not keeper.allows(*QUESTION)
    assert keeper.allows(*ROOT)

    await keeper.change([RULE], [])
    assert keeper.allows(*QUESTION)
    assert keeper.allows_any(*QUESTION[:4])
    assert keeper.explain(*QUESTION).rule == RULE
    assert list(keeper) == [RULE]
    assert RULE in keeper

    await keeper.change([], [RULE])
    assert not keeper.allows(*QUESTION)
    assert await catalog.load_access() == []


async def test_rules_are_there_after_a_restart_and_through_other_brokers() -> None:
    """Whoever stored them."""
    catalog = MemoryCatalog()
    first, _ = made(catalog)
    await first.change([RULE], [])
    second, register = made(catalog)
    assert not second.allows(*QUESTION)
    await register.load()
    assert second.allows(*QUESTION)

    register.replace([])
    assert not second.allows(*QUESTION)
    assert list(second) == []


@pytest.mark.parametrize("value", ["{", '{"v":2,"type":2}'])
async def test_a_rule_that_cannot_be_read_closes_the_doors(value: str) -> None:
    """It might be one that denies: super users alone are let through, until it is gone."""
    keeper, register = made()
    await keeper.change([RULE], [])
    register.hear([AccessEntry(AccessKind.ACL, "odd", value)])

    assert not keeper.allows(*QUESTION)
    assert not keeper.allows_any(*QUESTION[:4])
    assert "odd" in keeper.explain(*QUESTION).reason
    assert not keeper.explain(*QUESTION).allowed
    assert keeper.allows(*ROOT)
    assert keeper.allows_any(*ROOT[:4])
    assert keeper.explain(*ROOT).allowed

    register.hear([AccessEntry(AccessKind.ACL, "odd", None)])
    assert keeper.allows(*QUESTION)


async def test_a_rule_that_is_replaced_under_its_name_is_not_in_force_any_more() -> None:
    """What another version of the broker stored under the same name counts instead."""
    keeper, register = made()
    await keeper.change([RULE], [])
    [name] = register.names(AccessKind.ACL)
    value = register.find(AccessKind.ACL, name)
    assert value is not None
    register.hear([AccessEntry(AccessKind.ACL, name, value.replace('"name":"t"', '"name":"u"'))])

    assert not keeper.allows(*QUESTION)
    assert list(keeper) == [replace(RULE, name="u")]
