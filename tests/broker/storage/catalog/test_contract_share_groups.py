"""What every catalog keeps of share groups and their members."""

from dataclasses import replace

from broker.storage.catalog.base import Catalog, StoredShareGroup, StoredShareMember

TOPIC = b"t" * 16
MEMBER = StoredShareMember(
    member_id="m\0-1",
    rack_id=None,
    client_id="Käufer",
    client_host="/10.0.0.1",
    topic_names=("a", "b"),
    epoch=5,
    previous_epoch=4,
    assigned={TOPIC: (0, 7)},
    target={TOPIC: (0, 7), b"v" * 16: ()},
)


def stored(*members: StoredShareMember, epoch: int = 6, group_id: str = "g\0") -> StoredShareGroup:
    return StoredShareGroup(
        group_id=group_id, group_epoch=epoch, assignment_epoch=5, topics_digest="d", state_ms=9, members=list(members)
    )


async def test_a_group_comes_back_as_it_was_saved(catalog: Catalog) -> None:
    """Every field, odd characters included."""
    await catalog.save_share_group(stored(MEMBER), ())

    assert await catalog.load_share_groups() == [stored(MEMBER)]


async def test_a_save_changes_the_members_it_names(catalog: Catalog) -> None:
    """Others stay; removed ones go, whether they were there or not."""
    one, two, three = (replace(MEMBER, member_id=name) for name in ("one", "two", "three"))
    await catalog.save_share_group(stored(one, two), ())
    moved = replace(two, epoch=6)
    await catalog.save_share_group(stored(moved, three, epoch=7), ["one", "nobody"])

    assert await catalog.load_share_groups() == [stored(three, moved, epoch=7)]


async def test_a_deleted_group_leaves_nothing(catalog: Catalog) -> None:
    """Neither members for a later group of its name; other groups stay."""
    await catalog.save_share_group(stored(MEMBER), ())
    await catalog.save_share_group(stored(MEMBER, group_id="g"), ())
    await catalog.delete_group("g\0")
    await catalog.save_share_group(stored(), ())

    assert await catalog.load_share_groups() == [stored(MEMBER, group_id="g"), stored()]
