"""What every catalog keeps of consumer groups."""

from dataclasses import replace

from broker.model import CommittedOffset
from broker.storage.catalog.base import Catalog, StoredConsumerGroup, StoredGroup, StoredMember, StoredShareGroup
from broker.storage.catalog.shards import shard_of

MEMBER = StoredMember(
    member_id="m-1\0",
    group_instance_id=None,
    client_id="Käufer",
    client_host="/10.0.0.1",
    session_timeout_ms=1,
    rebalance_timeout_ms=2,
    protocols=(("range", b"\0\xff"), ("sticky", b"")),
    assignment=b"\x80",
)


def stored(group_id: str, generation: int = 1, *members: StoredMember) -> StoredGroup:
    return StoredGroup(
        group_id=group_id,
        protocol_type="consumer",
        generation=generation,
        protocol="range",
        leader="m-1\0",
        members=members,
        state_ms=9,
    )


async def test_a_group_comes_back_as_it_was_saved(catalog: Catalog) -> None:
    """Bytes and odd characters included; the last one saved counts."""
    await catalog.save_group(stored("g", 1))
    await catalog.save_group(stored("g", 2, MEMBER))
    await catalog.save_group(StoredGroup(group_id="a", protocol_type="", generation=0, protocol=None, leader=None))

    assert [(group.group_id, group.generation) for group in await catalog.load_groups()] == [("a", 0), ("g", 2)]
    assert (await catalog.load_groups())[1] == stored("g", 2, MEMBER)


async def test_offsets_come_back_as_they_were_committed(catalog: Catalog) -> None:
    """By group, topic and partition, the last one wins."""
    position = CommittedOffset(
        offset=5, leader_epoch=3, metadata='état\0"', commit_ms=7, expire_ms=8, topic_id=b"i" * 16
    )
    await catalog.commit_offsets({("g", "orders", 0): CommittedOffset(offset=1), ("g", "orders", 1): position})
    await catalog.commit_offsets({("g", "orders", 0): CommittedOffset(offset=2)})

    assert await catalog.load_offsets() == {("g", "orders", 0): CommittedOffset(offset=2), ("g", "orders", 1): position}


async def test_groups_with_odd_names_do_not_meet(catalog: Catalog) -> None:
    """A name cut at some character would be another group's."""
    for group_id in ("a", "a\0b", "a\0", "\0", '"a"', "a\\u0000b"):
        await catalog.commit_offsets({(group_id, "t", 0): CommittedOffset(offset=len(group_id), metadata=group_id)})
    await catalog.delete_group("a")
    await catalog.delete_offsets([("a\0", "t", 0)])

    left = {key[0]: offset.metadata for key, offset in (await catalog.load_offsets()).items()}
    assert left == {name: name for name in ("a\0b", "\0", '"a"', "a\\u0000b")}


async def test_deleted_offsets_are_gone_alone(catalog: Catalog) -> None:
    """Keys that are not there are no error."""
    await catalog.commit_offsets({("g", "t", index): CommittedOffset(offset=index) for index in range(3)})
    await catalog.delete_offsets([("g", "t", 1), ("h", "t", 0)])

    assert set(await catalog.load_offsets()) == {("g", "t", 0), ("g", "t", 2)}


async def test_a_deleted_group_takes_its_offsets_along(catalog: Catalog) -> None:
    """Those of other groups stay."""
    await catalog.save_group(stored("g"))
    await catalog.commit_offsets({("g", "t", 0): CommittedOffset(offset=1), ("h", "t", 0): CommittedOffset(offset=2)})
    await catalog.delete_group("g")
    await catalog.delete_group("never there")

    assert await catalog.load_groups() == []
    assert set(await catalog.load_offsets()) == {("h", "t", 0)}


async def test_offsets_survive_the_deletion_of_their_topic(catalog: Catalog) -> None:
    """They are their group's to delete."""
    created = await catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    await catalog.commit_offsets({("g", "t", 0): CommittedOffset(offset=1)})
    await catalog.delete_topic(created.topic_id)

    assert set(await catalog.load_offsets()) == {("g", "t", 0)}


async def test_the_offsets_of_one_group_are_read_alone(catalog: Catalog) -> None:
    """As they are now; a group that never committed has none."""
    latest = CommittedOffset(offset=2, metadata="m\0")
    await catalog.commit_offsets({("g\0", "t", 0): CommittedOffset(offset=1), ("g", "t", 0): CommittedOffset(offset=9)})
    await catalog.commit_offsets({("g\0", "t", 0): latest})

    assert await catalog.read_offsets("g\0") == {("g\0", "t", 0): latest}
    assert await catalog.read_offsets("h") == {}


async def test_names_may_be_of_any_length(catalog: Catalog) -> None:
    """Two that begin alike stay two."""
    one, two = "x" * 40_000 + "1", "x" * 40_000 + "2"
    member = replace(MEMBER, member_id=one)
    await catalog.save_group(stored(one, 1, member, replace(MEMBER, member_id=two)))
    await catalog.save_group(stored(two, 2))
    await catalog.commit_offsets({(one, "t", 0): CommittedOffset(offset=1), (two, "t", 0): CommittedOffset(offset=2)})

    assert [(group.group_id, len(group.members)) for group in await catalog.load_groups()] == [(one, 2), (two, 0)]
    assert await catalog.read_offsets(two) == {(two, "t", 0): CommittedOffset(offset=2)}
    assert await catalog.load_offsets() == {(one, "t", 0): CommittedOffset(offset=1), (two, "t", 0): CommittedOffset(offset=2)}


async def test_what_belongs_to_some_shards_is_loaded_alone(catalog: Catalog) -> None:
    """Groups of every kind, and offsets."""
    names = [f"group-{number}" for number in range(20)]
    for name in names:
        await catalog.save_group(stored(name, 1, MEMBER))
        await catalog.save_share_group(StoredShareGroup(group_id=name, group_epoch=1, assignment_epoch=1, topics_digest="", state_ms=0), ())
        await catalog.commit_offsets({(name, "t", 0): CommittedOffset(offset=1)})
    await catalog.save_consumer_group(
        StoredConsumerGroup(group_id=names[0], group_epoch=1, assignment_epoch=1, topics_digest="", state_ms=0), ()
    )
    shards = {shard_of(name) for name in names[:5]}
    wanted = sorted(name for name in names if shard_of(name) in shards)

    assert len(wanted) < len(names)
    assert [group.group_id for group in await catalog.load_groups(shards)] == [name for name in wanted if name != names[0]]
    assert [group.group_id for group in await catalog.load_consumer_groups(shards)] == [names[0]]
    assert [group.group_id for group in await catalog.load_share_groups(shards)] == wanted
    assert sorted(key[0] for key in await catalog.load_offsets(shards)) == wanted
    assert await catalog.load_groups([]) == []
    assert await catalog.load_offsets([]) == {}
