"""What every catalog keeps of groups of the consumer protocol."""

from dataclasses import replace

from broker.model import CommittedOffset
from broker.storage.catalog.base import (
    Catalog,
    StoredClassicTerms,
    StoredConsumerGroup,
    StoredConsumerMember,
    StoredGroup,
)

TOPIC = b"t" * 16
MEMBER = StoredConsumerMember(
    member_id="m\0-1",
    instance_id="i",
    rack_id=None,
    client_id="Käufer",
    client_host="/10.0.0.1",
    rebalance_timeout_ms=300_000,
    topic_names=("a", "b"),
    topic_regex="orders.*",
    server_assignor="range",
    epoch=5,
    previous_epoch=4,
    state=1,
    assigned={TOPIC: {0: 5, 7: 3}},
    pending_revocation={b"u" * 16: {1: 2}},
    target={TOPIC: (0, 7), b"v" * 16: ()},
)


def stored(*members: StoredConsumerMember, epoch: int = 6, group_id: str = "g\0") -> StoredConsumerGroup:
    return StoredConsumerGroup(
        group_id=group_id, group_epoch=epoch, assignment_epoch=5, topics_digest="d", state_ms=9, members=list(members)
    )


async def test_a_group_comes_back_as_it_was_saved(catalog: Catalog) -> None:
    """Every field, odd characters included."""
    await catalog.save_consumer_group(stored(MEMBER), ())

    assert await catalog.load_consumer_groups() == [stored(MEMBER)]


async def test_a_member_of_the_classic_protocol_keeps_its_terms(catalog: Catalog) -> None:
    """Whatever bytes its protocols carry; one that changes over to the consumer protocol has none any more."""
    terms = StoredClassicTerms(30_000, (("range", bytes(range(256))), ("ü", b"")))
    classic = replace(MEMBER, classic=terms)
    await catalog.save_consumer_group(stored(classic), ())
    assert await catalog.load_consumer_groups() == [stored(classic)]
    await catalog.save_consumer_group(stored(MEMBER), ())

    assert await catalog.load_consumer_groups() == [stored(MEMBER)]


async def test_a_save_changes_the_members_it_names(catalog: Catalog) -> None:
    """Others stay; removed ones go, whether they were there or not."""
    one, two, three = (replace(MEMBER, member_id=name, instance_id=None) for name in ("one", "two", "three"))
    await catalog.save_consumer_group(stored(one, two), ())
    moved = replace(two, epoch=6)
    await catalog.save_consumer_group(stored(moved, three, epoch=7), ["one", "nobody"])

    assert await catalog.load_consumer_groups() == [stored(three, moved, epoch=7)]


async def test_a_group_is_of_one_kind(catalog: Catalog) -> None:
    """Saved as the other kind it is no longer of the first; its offsets stay."""
    classic = StoredGroup(group_id="g\0", protocol_type="consumer", generation=1, protocol=None, leader=None)
    await catalog.commit_offsets({("g\0", "t", 0): CommittedOffset(offset=1)})
    await catalog.save_group(classic)
    await catalog.save_consumer_group(stored(MEMBER), ())
    assert await catalog.load_groups() == []
    await catalog.save_group(classic)

    assert await catalog.load_consumer_groups() == []
    assert await catalog.load_groups() == [classic]
    assert set(await catalog.load_offsets()) == {("g\0", "t", 0)}


async def test_a_deleted_group_leaves_nothing(catalog: Catalog) -> None:
    """Neither members for a later group of its name; other groups stay."""
    await catalog.save_consumer_group(stored(MEMBER), ())
    await catalog.save_consumer_group(stored(MEMBER, group_id="g"), ())
    await catalog.delete_group("g\0")
    await catalog.save_consumer_group(stored(), ())

    assert await catalog.load_consumer_groups() == [stored(MEMBER, group_id="g"), stored()]
