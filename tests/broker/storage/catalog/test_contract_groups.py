"""What every catalog keeps of consumer groups."""

from broker.model import CommittedOffset
from broker.storage.catalog.base import Catalog, StoredGroup, StoredMember

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


async def test_offsets_of_one_group_are_read_as_they_are(catalog: Catalog) -> None:
    """Its own, committed by whomever."""
    await catalog.commit_offsets({("g\0", "t", 0): CommittedOffset(offset=1), ("g", "t", 0): CommittedOffset(offset=2)})

    assert await catalog.read_offsets("g\0") == {("g\0", "t", 0): CommittedOffset(offset=1)}
    assert await catalog.read_offsets("nobody") == {}
