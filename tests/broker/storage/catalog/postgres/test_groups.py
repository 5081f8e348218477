"""Classic groups in the database; the contract tests say what they do."""

from dataclasses import replace

import pytest

from tests.broker.storage.catalog.postgres.brokers import brokers, recorded
from tests.broker.storage.catalog.test_contract_groups import MEMBER, stored


async def test_a_generation_takes_the_place_of_the_one_before(database_url: str) -> None:
    """Members keep their order, whatever their names are; those that left are gone."""
    async with brokers(database_url, 1) as (catalog,):
        members = [replace(MEMBER, member_id=name) for name in ("z", "a", "m")]
        await catalog.save_group(stored("g", 1, *members))
        await catalog.save_group(stored("g", 2, members[2], members[0]))

        assert await catalog.load_groups() == [stored("g", 2, members[2], members[0])]
        assert await catalog._connections.fetchval("SELECT count(*) FROM group_member") == 2


async def test_a_save_is_one_statement(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many members there are; so is the end of a group."""
    async with brokers(database_url, 1) as (catalog,), recorded(catalog, monkeypatch) as asked:
        await catalog.save_group(stored("g", 1, *(replace(MEMBER, member_id=f"m{number}") for number in range(100))))
        await catalog.delete_group("g")

        assert len(asked) == 2


async def test_half_a_character_is_a_name_too(database_url: str) -> None:
    """Whatever a client takes for a name, bytes hold it."""
    async with brokers(database_url, 1) as (catalog,):
        group = stored("g\ud800", 1, replace(MEMBER, member_id="\udfff", client_id="\ud83d"))
        await catalog.save_group(group)

        assert await catalog.load_groups() == [group]
