"""What every catalog does with rules, credentials, tokens and quotas."""

from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.base import Catalog

RULE = AccessEntry(AccessKind.ACL, "a rule", '{"v":1}')
USER = AccessEntry(AccessKind.SCRAM, "a rule", '{"v":1,"user":"ä"}')


async def test_entries_are_loaded_as_they_were_stored(catalog: Catalog) -> None:
    """The same name may be of several kinds."""
    await catalog.change_access([RULE, USER])

    assert sorted(await catalog.load_access(), key=lambda entry: entry.kind) == [RULE, USER]


async def test_an_entry_takes_the_place_of_the_one_before(catalog: Catalog) -> None:
    """Kind and name are the key."""
    await catalog.change_access([RULE])
    changed = AccessEntry(AccessKind.ACL, "a rule", "2")
    await catalog.change_access([changed])

    assert await catalog.load_access() == [changed]


async def test_of_two_in_one_change_the_last_one_counts(catalog: Catalog) -> None:
    """As if they had come one after the other."""
    await catalog.change_access([RULE, AccessEntry(AccessKind.ACL, "a rule", "2")])

    assert await catalog.load_access() == [AccessEntry(AccessKind.ACL, "a rule", "2")]


async def test_a_removed_entry_is_gone_and_may_come_back(catalog: Catalog) -> None:
    """Removing what is not there is no error."""
    await catalog.change_access([RULE, USER])
    await catalog.change_access(
        [AccessEntry(AccessKind.ACL, "a rule", None), AccessEntry(AccessKind.QUOTA, "none", None)]
    )
    assert await catalog.load_access() == [USER]

    await catalog.change_access([RULE])
    assert sorted(await catalog.load_access(), key=lambda entry: entry.kind) == [RULE, USER]


async def test_names_and_values_may_be_any_text(catalog: Catalog) -> None:
    """Long ones, and with characters that some databases do not like."""
    odd = AccessEntry(AccessKind.ACL, "n\x00" * 2000 + "'\"", "v\x00" * 3)
    await catalog.change_access([odd])

    assert await catalog.load_access() == [odd]
