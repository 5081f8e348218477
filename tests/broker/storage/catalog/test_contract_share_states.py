"""What every catalog keeps of the records that share groups were given."""

import pytest

from broker.errors import BrokerError
from broker.storage.catalog.base import Catalog
from broker.storage.catalog.share_states import ShareChange, ShareKey, ShareState, StateEpochFenced
from broker.wire.error_codes import ErrorCode

TOPIC, OTHER = b"t" * 16, b"u" * 16


async def make_topics(catalog: Catalog) -> None:
    for name, topic_id in (("t", TOPIC), ("u", OTHER)):
        await catalog.create_topic(name, topic_id, 2, 1, {}, 0)


def change(
    *runs: tuple[int, int, int, int],
    key: ShareKey = ("g\0", TOPIC, 0),
    start: int = 5,
    replaces: bool = False,
    epoch: int = 3,
    creates: bool = False,
) -> ShareChange:
    return ShareChange(key, epoch, start, 7, runs, replaces, creates)


async def test_what_was_saved_comes_back(catalog: Catalog) -> None:
    """Epochs, start and runs, for a group id with any character."""
    await make_topics(catalog)
    await catalog.save_share_states([change((5, 9, 2, 1), (10, 10, 0, 2), creates=True)])

    key = ("g\0", TOPIC, 0)
    expected = {key: ShareState(3, 5, 7, ((5, 9, 2, 1), (10, 10, 0, 2)))}
    assert await catalog.load_share_states([key, ("g\0", TOPIC, 1), ("h", TOPIC, 0)]) == expected
    assert await catalog.share_states_of("g\0") == expected


async def test_changes_come_in_the_order_in_which_they_were_saved(catalog: Catalog) -> None:
    """A later change stands behind an earlier one, and brings its start offset."""
    await make_topics(catalog)
    await catalog.save_share_states([change((5, 9, 0, 1), creates=True)])
    await catalog.save_share_states([change((5, 5, 2, 1)), change((0, 1, 0, 1), key=("g\0", OTHER, 1), start=0, creates=True)])
    await catalog.save_share_states([change(start=6)])

    states = await catalog.share_states_of("g\0")
    assert states == {
        ("g\0", TOPIC, 0): ShareState(3, 6, 7, ((5, 9, 0, 1), (5, 5, 2, 1))),
        ("g\0", OTHER, 1): ShareState(3, 0, 7, ((0, 1, 0, 1),)),
    }


async def test_a_change_may_replace_all_before_it(catalog: Catalog) -> None:
    """What was saved of that partition is gone; of others it stays."""
    await make_topics(catalog)
    await catalog.save_share_states([change((5, 9, 0, 1), creates=True), change((5, 9, 0, 1), key=("g\0", TOPIC, 1), creates=True)])
    await catalog.save_share_states([change((8, 9, 0, 1), start=8, replaces=True)])

    states = await catalog.share_states_of("g\0")
    assert states["g\0", TOPIC, 0] == ShareState(3, 8, 7, ((8, 9, 0, 1),))
    assert states["g\0", TOPIC, 1].runs == ((5, 9, 0, 1),)


async def test_a_group_or_its_topics_are_deleted(catalog: Catalog) -> None:
    """Other groups keep theirs, and nothing of the old comes back when the group begins anew."""
    await make_topics(catalog)
    keys: list[ShareKey] = [("g", TOPIC, 0), ("g", OTHER, 0), ("h", TOPIC, 0)]
    await catalog.save_share_states([change((5, 9, 0, 1), key=key, creates=True) for key in keys])
    await catalog.delete_share_states("g", [TOPIC, b"x" * 16])
    assert set(await catalog.load_share_states(keys)) == {("g", OTHER, 0), ("h", TOPIC, 0)}

    await catalog.delete_share_states("g", None)
    assert set(await catalog.load_share_states(keys)) == {("h", TOPIC, 0)}
    await catalog.save_share_states([change(key=("g", TOPIC, 0), creates=True)])
    assert (await catalog.share_states_of("g"))["g", TOPIC, 0].runs == ()


async def test_states_go_with_their_topic(catalog: Catalog) -> None:
    """And what is saved of it afterwards is not kept."""
    await make_topics(catalog)
    keys: list[ShareKey] = [("g", TOPIC, 0), ("g", OTHER, 0)]
    await catalog.save_share_states([change((5, 9, 0, 1), key=key, creates=True) for key in keys])
    await catalog.delete_topic(TOPIC)
    await catalog.save_share_states([change(key=keys[0])])

    assert set(await catalog.load_share_states(keys)) == {keys[1]}


async def test_who_claims_a_state_has_it_under_a_higher_epoch(catalog: Catalog) -> None:
    """All that was stored comes with it; what is not stored is not claimed."""
    await make_topics(catalog)
    key = ("g\0", TOPIC, 0)
    await catalog.save_share_states([change((5, 9, 2, 1), creates=True)])

    assert await catalog.claim_share_states([key, ("g\0", TOPIC, 1)]) == {key: ShareState(4, 5, 7, ((5, 9, 2, 1),))}
    assert await catalog.share_states_of("g\0") == {key: ShareState(4, 5, 7, ((5, 9, 2, 1),))}


async def test_where_brokers_share_states_only_the_latest_claim_saves(catalog: Catalog) -> None:
    """Nothing is saved with a change that is refused; what exists is not created again."""
    if not catalog.shared:
        pytest.skip("one broker keeps them all")
    await make_topics(catalog)
    mine: ShareKey = ("g\0", TOPIC, 1)
    await catalog.save_share_states([change(creates=True), change(key=mine, creates=True)])
    await catalog.claim_share_states([("g\0", TOPIC, 0)])
    before = await catalog.share_states_of("g\0")

    with pytest.raises(BrokerError) as refusal:
        await catalog.save_share_states([change((5, 6, 0, 1), key=mine), change((5, 9, 0, 1))])
    assert refusal.value.code is ErrorCode.FENCED_STATE_EPOCH
    with pytest.raises(BrokerError):
        await catalog.save_share_states([change(key=("h", TOPIC, 0))])
    await catalog.save_share_states([change((1, 1, 1, 1), start=0, creates=True)])
    assert await catalog.share_states_of("g\0") == before

    await catalog.save_share_states([change((5, 9, 0, 1), epoch=4)])
    assert (await catalog.share_states_of("g\0"))["g\0", TOPIC, 0].runs == ((5, 9, 0, 1),)


async def test_a_change_of_an_earlier_epoch_is_refused(catalog: Catalog) -> None:
    """Somebody replaced the state after its sender had read it; of what was sent with it nothing is saved either."""
    if catalog.shared:
        pytest.skip("where brokers share states, only their latest claim saves")
    await make_topics(catalog)
    key, other = ("g\0", TOPIC, 0), ("g\0", OTHER, 1)
    await catalog.save_share_states([change((5, 9, 0, 1))])
    replaced = ShareChange(key, 4, 0, 7, (), True)
    await catalog.save_share_states([replaced])
    with pytest.raises(StateEpochFenced) as refused:
        await catalog.save_share_states([change((1, 1, 0, 1), key=other, start=0), change((6, 6, 2, 1))])

    assert (refused.value.code, refused.value.keys) == (ErrorCode.FENCED_STATE_EPOCH, (key,))
    assert await catalog.share_states_of("g\0") == {key: ShareState(4, 0, 7, ())}


async def test_changes_of_one_state_may_come_together(catalog: Catalog) -> None:
    """They are laid over each other in their order, or fenced by each other."""
    if catalog.shared:
        pytest.skip("where brokers share states, only their latest claim saves")
    await make_topics(catalog)
    key = ("g", TOPIC, 0)
    first, second = change((5, 9, 0, 1), key=key), change((5, 5, 2, 1), key=key, start=6)
    await catalog.save_share_states([first, second])
    assert await catalog.share_states_of("g") == {key: ShareState(3, 6, 7, ((5, 9, 0, 1), (5, 5, 2, 1)))}

    await catalog.save_share_states([first, change((7, 7, 2, 1), key=key, start=7, replaces=True), second])
    assert await catalog.share_states_of("g") == {key: ShareState(3, 6, 7, ((7, 7, 2, 1), (5, 5, 2, 1)))}
    with pytest.raises(StateEpochFenced):
        await catalog.save_share_states([ShareChange(key, 9, 0, 7, (), True), first])
