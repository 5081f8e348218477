from dataclasses import replace

from broker.model import Appended
from broker.storage.catalog.commit_rules import SPAN_BYTES
from broker.storage.catalog.postgres.prepared_commit import prepare
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group


def test_offsets_count_from_the_ends_of_logs() -> None:
    """Of all groups together; then they are moved to where the logs end."""
    prepared = prepare([group({7: [batch(3), batch(2)], 5: [batch(4)]}, object_id=1), group({7: [batch(1)]}, object_id=2)])
    assert prepared is not None

    assert prepared.pids == [5, 7]
    assert [(pid, span.base, span.last, span.object_id) for pid, span in prepared.spans] == [(7, 0, 4, 1), (5, 0, 3, 1), (7, 5, 5, 2)]
    assert prepared.answered([100, 1000], [9, 90]) == [
        [[Appended(0, 1000, -1, 90), Appended(0, 1003, -1, 90)], [Appended(0, 100, -1, 9)]],
        [[Appended(0, 1005, -1, 90)]],
    ]


def test_spans_are_cut_as_everywhere() -> None:
    """A span is the least that is found and walked."""
    prepared = prepare([group({1: [batch(length=SPAN_BYTES // 2 + 1)] * 3})])
    assert prepared is not None

    assert len(prepared.spans) == 3


def test_what_follows_badly_is_left_to_the_rules() -> None:
    """A gap, a repetition, a change of epoch, a plain batch within a transaction."""
    first = batch(producer=1, first=0)
    inside = batch(producer=1, first=0, transactional=True)
    for second in (batch(producer=1, first=2), first, batch(producer=1, epoch=1, first=0)):
        assert prepare([group({1: [first, second]})]) is None
        assert prepare([group({1: [first]}), group({1: [second]}, object_id=2)]) is None
    assert prepare([group({1: [inside, batch(producer=1, first=1)]})]) is None
    assert prepare([group({1: [batch(producer=1, epoch=-2, first=0)]})]) is not None
    assert prepare([group({1: [replace(first, producer_epoch=-1)]})]) is None
    assert prepare([group({1: [inside], 2: [replace(inside, producer_epoch=1)]})]) is None


def test_senders_are_known_by_their_first_batch() -> None:
    """The database compares it with what it remembers; the last one is what it remembers then."""
    groups = [group({1: [batch(2, producer=4, first=10)]}), group({1: [batch(1, producer=4, first=12)]}, object_id=2, now=NOW + 5)]
    prepared = prepare(groups)
    assert prepared is not None

    sender, state = prepared.senders[1, 4], prepared.producers[1, 4]
    assert (sender.first.first_sequence, sender.now_ms, sender.plain) == (10, NOW + 5, True)
    assert (state.last_sequence, [each[:3] for each in state.window]) == (12, [(12, 12, 2), (10, 11, 0)])
