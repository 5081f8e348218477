"""Groups as rows."""

from dataclasses import replace

from broker.storage.catalog.base import StoredGroup, StoredMember
from broker.storage.catalog.postgres.group_rows import Kind, forget, save
from broker.storage.catalog.postgres.statement import Statement
from tests.broker.storage.catalog.postgres.plans import watched


def kinds(statement: Statement) -> list[tuple[str, ...]]:
    return [tuple(part.split()[:3]) for part in statement.parts]


def test_a_member_that_is_saved_and_removed_stays() -> None:
    """As in the catalog in memory; members that are there twice are there once, as they are given last."""
    statement = save(Kind.SHARE, "g", {}, [("m", {"n": 1}), ("m", {"n": 2})], ["m", "n"])

    assert kinds(statement) == [("INSERT", "INTO", "coordinated_group"), ("DELETE", "FROM", "group_member"), ("INSERT", "INTO", "group_member")]
    assert [b"n"] in statement.arguments
    assert [b'{"n":2}'] in statement.arguments


def test_without_members_only_the_group_is_written() -> None:
    """Others stay as they are, or go with a save that names all there are."""
    assert kinds(save(Kind.CONSUMER, "g", {}, [], ())) == [("INSERT", "INTO", "coordinated_group")]
    assert kinds(save(Kind.CLASSIC, "g", {}, [], None)) == [("INSERT", "INTO", "coordinated_group"), ("DELETE", "FROM", "group_member")]


def test_a_group_is_forgotten_as_what_it_was() -> None:
    """With its members."""
    statement = Statement()
    forget(statement, "g", [Kind.CONSUMER, Kind.CLASSIC])

    assert kinds(statement) == [("DELETE", "FROM", "coordinated_group"), ("DELETE", "FROM", "group_member")]
    assert statement.arguments == [b"g", [1, 2], b"g", [1, 2]]


async def test_a_whole_group_is_compared_with_a_set(database_url: str) -> None:
    """Members that are not in it any more go; who stays is not looked for in a list, once for each member."""
    members = [
        StoredMember(
            member_id=f"m{number}",
            group_instance_id=None,
            client_id="c",
            client_host="h",
            session_timeout_ms=1,
            rebalance_timeout_ms=1,
            protocols=[],
            assignment=b"",
        )
        for number in range(9)
    ]
    whole = StoredGroup(group_id="g", protocol_type="consumer", generation=1, protocol="range", leader="m0", members=members)
    async with watched(database_url) as (catalog, watch):
        await catalog.save_group(whole)
        watch.plans.clear()
        await catalog.save_group(replace(whole, members=members[3:]))
        plans = [plan for plan in watch.plans if "hashed SubPlan" in plan]

        assert len(plans) == 1
        assert [member.member_id for member in (await catalog.load_groups())[0].members] == [member.member_id for member in members[3:]]
