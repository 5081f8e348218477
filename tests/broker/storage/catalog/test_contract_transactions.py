"""What every catalog keeps of transactions."""

from typing import Final

import pytest

from broker.model import CommittedOffset
from broker.storage.catalog.base import Catalog, SpanQuery
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.span_flags import FLAG_ABORT_MARKER, FLAG_COMMIT_MARKER, MARKER_BYTES
from broker.storage.catalog.transactions import AbortedTransaction, Ended, Marker, MarkerWish, TransactionStatus
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, topic

ID: Final = "t\0é"
KEY: Final = ("g", "orders", 0)


async def begin(catalog: Catalog, *pids: int, transactional_id: str = ID) -> tuple[int, int]:
    """A producer with a transaction open on these partitions."""
    fresh = await catalog.allocate_producer_ids(1)
    answer = await catalog.init_transaction(transactional_id, 60_000, -1, -1, NOW, fresh)
    assert answer.error_code is ErrorCode.NONE
    code = await catalog.add_to_transaction(
        transactional_id, answer.producer_id, answer.epoch, list(pids), None, NOW + 1
    )
    assert code is ErrorCode.NONE
    return answer.producer_id, answer.epoch


async def write(
    appender: Appender, pid: int, producer: int, epoch: int, first: int, records: int = 1
) -> tuple[int, int]:
    """One transactional batch: its error code and base offset."""
    entry = batch(records, producer=producer, epoch=epoch, first=first, transactional=True)
    (answer,) = await appender.append(pid, entry)
    return answer.error_code, answer.base_offset


async def stable(catalog: Catalog, pid: int) -> int:
    return (await catalog.bounds([pid]))[pid].last_stable_offset


async def test_a_new_id_is_there_without_waiting(catalog: Catalog) -> None:
    """By its name and by its producer id."""
    assert catalog.peek_transaction(ID) is None
    answer = await catalog.init_transaction(ID, 60_000, -1, -1, NOW, 11)

    state = catalog.peek_transaction(ID)
    assert (answer.producer_id, answer.epoch, answer.ended) == (11, 0, None)
    assert state is not None
    assert (state.transactional_id, state.producer_id, state.timeout_ms, state.updated_ms) == (ID, 11, 60_000, NOW)
    assert list(catalog.peek_transactions()) == [state]
    assert await catalog.find_transaction_of_producer(11) == state
    assert await catalog.find_transaction_of_producer(12) is None


async def test_records_of_a_transaction_are_not_stable_until_it_ends(catalog: Catalog) -> None:
    """Plain records behind them wait as well; the marker takes one offset (I5)."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await appender.append(pid, batch(2))
    assert await write(appender, pid, producer, epoch, 0, records=3) == (0, 2)
    await appender.append(pid, batch())
    assert await stable(catalog, pid) == 2

    answer = await catalog.end_transaction(ID, producer, epoch, True, False, -1, NOW + 9)

    assert answer.ended == Ended([Marker(pid, 6, producer, epoch, True, NOW + 9)], {})
    bounds = (await catalog.bounds([pid]))[pid]
    assert (bounds.high_watermark, bounds.last_stable_offset, bounds.bytes) == (7, 7, 300 + MARKER_BYTES)
    ((span,),) = [found.spans for found in await catalog.find_spans([SpanQuery(pid, 6, 1)])]
    assert (span.base, span.object_id, span.position) == (6, -(epoch + 1), producer)
    assert span.flags & FLAG_COMMIT_MARKER


async def test_what_is_stable_waits_for_the_earliest_open_transaction(catalog: Catalog) -> None:
    """Whichever ends first."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    first = await begin(catalog, pid, transactional_id="a")
    second = await begin(catalog, pid, transactional_id="b")
    await write(appender, pid, *first, 0)
    await write(appender, pid, *second, 0)

    await catalog.end_transaction("b", *second, True, True, -1, NOW)
    assert await stable(catalog, pid) == 0
    await catalog.end_transaction("a", *first, True, True, -1, NOW)
    assert await stable(catalog, pid) == 4


async def test_a_transactional_batch_needs_its_transaction(catalog: Catalog) -> None:
    """Open, on this partition, at this epoch; and while it is open plain batches of its producer are refused."""
    pid, other = await topic(catalog, 2)
    appender = Appender(catalog)
    assert (await write(appender, pid, 5, 0, 0))[0] == ErrorCode.INVALID_TXN_STATE
    producer, epoch = await begin(catalog, pid)
    assert (await write(appender, other, producer, epoch, 0))[0] == ErrorCode.INVALID_TXN_STATE
    assert (await write(appender, pid, producer, epoch + 1, 0))[0] == ErrorCode.INVALID_TXN_STATE
    assert await write(appender, pid, producer, epoch, 0) == (0, 0)
    (plain,) = await appender.append(pid, batch(producer=producer, epoch=epoch, first=1))
    assert plain.error_code == ErrorCode.INVALID_TXN_STATE

    answer = await catalog.end_transaction(ID, producer, epoch, True, True, -1, NOW)
    assert (await write(appender, pid, producer, epoch, 1))[0] == ErrorCode.INVALID_PRODUCER_EPOCH
    assert (await write(appender, pid, producer, answer.epoch, 0))[0] == ErrorCode.INVALID_TXN_STATE


async def test_a_batch_that_is_sent_again_after_the_end_is_a_duplicate(catalog: Catalog) -> None:
    """The end came before the answer to the batch was lost; nothing is appended outside of a transaction."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    await catalog.end_transaction(ID, producer, epoch, True, False, -1, NOW)

    (again,) = await appender.append(pid, batch(producer=producer, epoch=epoch, first=0, transactional=True))
    assert (again.error_code, again.base_offset, again.duplicate) == (0, 0, True)
    assert await stable(catalog, pid) == 2


async def test_an_end_with_a_bump_begins_sequences_anew(catalog: Catalog) -> None:
    """One without goes on counting (KIP-890)."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    await catalog.end_transaction(ID, producer, epoch, True, False, -1, NOW)
    await catalog.add_to_transaction(ID, producer, epoch, [pid], None, NOW)
    assert await write(appender, pid, producer, epoch, 1) == (0, 2)
    answer = await catalog.end_transaction(ID, producer, epoch, True, True, -1, NOW)
    assert (answer.producer_id, answer.epoch) == (producer, epoch + 1)
    await catalog.add_to_transaction(ID, producer, epoch + 1, [pid], None, NOW)

    assert (await write(appender, pid, producer, epoch + 1, 2))[0] == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert await write(appender, pid, producer, epoch + 1, 0) == (0, 4)
    (state,) = await catalog.producers(pid)
    assert (state.epoch, state.last_sequence, state.open_first_offset) == (epoch + 1, 0, 4)


async def test_initialising_aborts_what_is_open_at_once(catalog: Catalog) -> None:
    """And the producer it was open for can write no more."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)

    answer = await catalog.init_transaction(ID, 60_000, -1, -1, NOW + 5, 900)

    assert (answer.producer_id, answer.epoch) == (producer, epoch + 2)
    assert answer.ended == Ended([Marker(pid, 1, producer, epoch + 1, False, NOW + 5)], {})
    assert (await write(appender, pid, producer, epoch, 1))[0] == ErrorCode.INVALID_PRODUCER_EPOCH
    assert await catalog.aborted(pid, 0, 2) == [AbortedTransaction(producer, 0, 1)]


async def test_a_transaction_that_timed_out_fences_its_producer(catalog: Catalog) -> None:
    """Its offsets are gone with it."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    await catalog.add_transaction_offsets(ID, producer, epoch, {KEY: CommittedOffset(offset=5)}, "g", NOW)

    answer = await catalog.abort_transaction(ID, producer, epoch, NOW + 5)

    assert answer.ended == Ended([Marker(pid, 1, producer, epoch + 1, False, NOW + 5)], {})
    ended = await catalog.end_transaction(ID, producer, epoch, True, False, -1, NOW + 6)
    assert ended.error_code is ErrorCode.PRODUCER_FENCED
    ended = await catalog.end_transaction(ID, producer, epoch, True, True, -1, NOW + 6)
    assert ended.error_code is ErrorCode.INVALID_TXN_STATE
    assert await catalog.load_offsets() == {}
    assert (await catalog.abort_transaction(ID, producer, epoch, NOW)).error_code is ErrorCode.PRODUCER_FENCED


async def test_refusals_change_nothing(catalog: Catalog) -> None:
    """Of any kind."""
    (pid,) = await topic(catalog)
    producer, epoch = await begin(catalog, pid)
    before = catalog.peek_transaction(ID)

    assert (await catalog.init_transaction(ID, 1, producer + 1, 0, NOW, 5)).error_code is ErrorCode.PRODUCER_FENCED
    assert await catalog.add_to_transaction(ID, producer, epoch + 1, [], "g", NOW) is ErrorCode.PRODUCER_FENCED
    offsets = {KEY: CommittedOffset(offset=5)}
    code = await catalog.add_transaction_offsets(ID, producer, epoch, offsets, None, NOW)
    assert code is ErrorCode.INVALID_TXN_STATE
    refused = await catalog.end_transaction("u", producer, epoch, True, True, 1, NOW)
    assert refused.error_code is ErrorCode.INVALID_PRODUCER_ID_MAPPING
    assert catalog.peek_transaction(ID) == before
    assert catalog.pending_offsets(ID) == {}


async def test_offsets_take_effect_with_the_commit(catalog: Catalog) -> None:
    """All of them, the latest of each; until then they are seen by those who ask for what is pending."""
    fresh = await catalog.init_transaction(ID, 60_000, -1, -1, NOW, 11)
    producer = (ID, fresh.producer_id, fresh.epoch)
    other = ("h\0", "payments", 3)
    latest = {KEY: CommittedOffset(offset=6, metadata="m\0"), other: CommittedOffset(offset=7, topic_id=b"i" * 16)}
    await catalog.commit_offsets({KEY: CommittedOffset(offset=1)})
    await catalog.add_to_transaction(*producer, [], "g", NOW)
    await catalog.add_transaction_offsets(*producer, {KEY: CommittedOffset(offset=5)}, None, NOW)
    await catalog.add_transaction_offsets(*producer, latest, "h\0", NOW)

    assert await catalog.load_offsets() == {KEY: CommittedOffset(offset=1)}
    assert catalog.pending_offsets(ID) == latest
    assert await catalog.pending_offset_keys("g") == {KEY}
    assert await catalog.pending_offset_keys("h\0") == {other}
    answer = await catalog.end_transaction(*producer, True, True, -1, NOW)
    assert answer.ended == Ended([], latest)
    assert await catalog.load_offsets() == latest
    assert catalog.pending_offsets(ID) == {}
    assert await catalog.pending_offset_keys("g") == set()


@pytest.mark.parametrize("commit", [True, False])
async def test_an_end_that_is_sent_again_ends_nothing_more(catalog: Catalog, commit: bool) -> None:
    """It gets the same answer."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    first = await catalog.end_transaction(ID, producer, epoch, commit, True, -1, NOW)
    again = await catalog.end_transaction(ID, producer, epoch, commit, True, -1, NOW)

    assert (again.producer_id, again.epoch, again.error_code) == (first.producer_id, first.epoch, ErrorCode.NONE)
    assert again.ended is None
    assert await stable(catalog, pid) == 2


async def test_aborted_transactions_are_found_by_range(catalog: Catalog) -> None:
    """In the order of their markers; committed ones are none of them."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    wanted = []
    for number in range(6):
        at = 2 * number
        assert await write(appender, pid, producer, epoch, 0) == (0, at)
        answer = await catalog.end_transaction(ID, producer, epoch, number % 2 == 0, True, -1, NOW)
        epoch = answer.epoch
        if number % 2:
            wanted.append(AbortedTransaction(producer, at, at + 1))
        await catalog.add_to_transaction(ID, producer, epoch, [pid], None, NOW)

    assert await catalog.aborted(pid, 0, 12) == wanted
    assert await catalog.aborted(pid, 3, 6) == wanted[:1]
    assert await catalog.aborted(pid, 4, 7) == wanted[1:2]
    assert await catalog.aborted(pid, 4, 6) == []
    assert await catalog.aborted(pid + 1, 0, 12) == []
    peeked = catalog.peek_aborted(pid, 10, 12)
    assert peeked is None or peeked == wanted[2:]


async def test_aborted_transactions_go_with_the_log(catalog: Catalog) -> None:
    """Once their markers lie before its start; markers are no data of any object (I4)."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    for _ in range(2):
        await write(appender, pid, producer, epoch, 0)
        epoch = (await catalog.end_transaction(ID, producer, epoch, False, True, -1, NOW)).epoch
        await catalog.add_to_transaction(ID, producer, epoch, [pid], None, NOW)
    appender.roll()
    living = appender.object_id
    await appender.append(pid, batch())
    assert await catalog.retention_offset(pid, None, 100) == 4
    await catalog.advance_log_start(pid, 1)
    assert len(await catalog.aborted(pid, 1, 4)) == 2
    bounds = await catalog.advance_log_start(pid, 2)
    assert await catalog.aborted(pid, 0, 4) == [AbortedTransaction(producer, 2, 3)]
    assert bounds.bytes == 200 + MARKER_BYTES
    bounds = await catalog.advance_log_start(pid, 4)

    assert bounds.bytes == 100
    assert await catalog.take_dead_objects(10) == list(range(1, living))


async def test_a_log_may_be_cut_off_within_an_open_transaction(catalog: Catalog) -> None:
    """What is stable does not fall behind its start."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    for sequence in range(3):
        await write(appender, pid, producer, epoch, sequence)
    bounds = await catalog.advance_log_start(pid, 2)
    assert bounds.last_stable_offset == 2
    await appender.append(pid, batch())
    assert await stable(catalog, pid) == 2

    await catalog.end_transaction(ID, producer, epoch, False, True, -1, NOW)
    assert await stable(catalog, pid) == 5
    assert await catalog.aborted(pid, 2, 5) == [AbortedTransaction(producer, 0, 4)]


async def test_a_deleted_topic_leaves_its_transactions(catalog: Catalog) -> None:
    """They go on with what else they have."""
    (pid,) = await topic(catalog)
    (other,) = await topic(catalog, name="payments")
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid, other)
    await write(appender, pid, producer, epoch, 0)
    await write(appender, other, producer, epoch, 0)
    kept = ("g", "payments", 0)
    offsets = {KEY: CommittedOffset(offset=1), kept: CommittedOffset(offset=2)}
    await catalog.add_transaction_offsets(ID, producer, epoch, offsets, "g", NOW)
    await catalog.delete_topic(b"orders".ljust(16, b"\0"))

    state = await catalog.look_up_transaction(ID)
    assert state is not None
    assert state.partitions == {other}
    assert await catalog.add_to_transaction(ID, producer, epoch, [pid], None, NOW) is ErrorCode.NONE
    answer = await catalog.end_transaction(ID, producer, epoch, True, True, -1, NOW)
    assert answer.ended == Ended([Marker(other, 1, producer, epoch + 1, True, NOW)], {kept: CommittedOffset(offset=2)})


async def test_producers_with_open_transactions_do_not_expire(catalog: Catalog) -> None:
    """Their markers are still to come."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    assert await catalog.expire_producers(NOW + 10**9) == 0

    await catalog.end_transaction(ID, producer, epoch, True, True, -1, NOW)
    assert await stable(catalog, pid) == 2
    assert await catalog.expire_producers(NOW + 10**9) == 1


async def test_idle_ids_are_forgotten_unless_something_is_open(catalog: Catalog) -> None:
    """Whoever comes back is new."""
    await catalog.init_transaction("old", 1, -1, -1, NOW, 5)
    await catalog.init_transaction("young", 1, -1, -1, NOW + 10, 6)
    (pid,) = await topic(catalog)
    await begin(catalog, pid, transactional_id="open")

    assert await catalog.delete_transactional_ids(NOW + 10) == 1
    assert {state.transactional_id for state in catalog.peek_transactions()} == {"young", "open"}
    assert await catalog.find_transaction_of_producer(5) is None
    assert (await catalog.init_transaction("old", 1, 5, 0, NOW, 8)).producer_id == 8


async def test_a_producer_id_that_was_given_up_belongs_to_nobody(catalog: Catalog) -> None:
    """Batches under it are of no transaction; the new one is the id's."""
    (pid,) = await topic(catalog)
    await catalog.init_transaction(ID, 1, -1, -1, NOW, 5)
    await catalog.delete_transactional_ids(NOW + 1)
    await catalog.init_transaction(ID, 1, -1, -1, NOW, 6)

    assert await catalog.find_transaction_of_producer(5) is None
    owner = await catalog.find_transaction_of_producer(6)
    assert owner is not None
    assert (owner.transactional_id, owner.status) == (ID, TransactionStatus.EMPTY)
    assert (await write(Appender(catalog), pid, 5, 0, 0))[0] == ErrorCode.INVALID_TXN_STATE


async def test_an_abort_leaves_its_marker(catalog: Catalog) -> None:
    """With the flag by which readers know it."""
    (pid,) = await topic(catalog)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, pid)
    await write(appender, pid, producer, epoch, 0)
    await catalog.end_transaction(ID, producer, epoch, False, False, -1, NOW)

    ((data, marker),) = [found.spans for found in await catalog.find_spans([SpanQuery(pid, 0, 1000)])]
    assert (data.object_id, marker.object_id) == (1, -(epoch + 1))
    assert marker.flags & FLAG_ABORT_MARKER


async def test_markers_from_outside_end_single_partitions(catalog: Catalog) -> None:
    """The transactional id stays as it is; its own end finds nothing left there, and commits the other partition."""
    one, other = await topic(catalog, 2)
    appender = Appender(catalog)
    producer, epoch = await begin(catalog, one, other)
    for pid in (one, other):
        assert await write(appender, pid, producer, epoch, 0) == (0, 0)
    wishes = [MarkerWish(one, producer, epoch, False, 0), MarkerWish(999, producer, epoch, False, 0)]
    errors, ended = await catalog.write_markers(wishes, NOW + 5)

    assert errors == [ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
    assert ended == Ended([Marker(one, 1, producer, epoch, False, NOW + 5)], {})
    assert (await stable(catalog, one), await stable(catalog, other)) == (2, 0)
    assert await catalog.aborted(one, 0, 2) == [AbortedTransaction(producer, 0, 1)]
    state = catalog.peek_transaction(ID)
    assert state is not None
    assert (state.status, state.partitions) == (TransactionStatus.ONGOING, {one, other})
    answer = await catalog.end_transaction(ID, producer, epoch, True, False, -1, NOW + 9)
    assert answer.ended == Ended([Marker(other, 1, producer, epoch, True, NOW + 9)], {})
    assert (await stable(catalog, one), await stable(catalog, other)) == (2, 2)


async def test_what_open_transactions_carry_of_a_group_is_known(catalog: Catalog) -> None:
    """Until they end; what they committed is then read with the group's offsets (KIP-447)."""
    fresh = await catalog.init_transaction(ID, 60_000, -1, -1, NOW, 11)
    producer, other = (ID, fresh.producer_id, fresh.epoch), ("h\0", "payments", 3)
    await catalog.add_transaction_offsets(*producer, {KEY: CommittedOffset(offset=5)}, "g", NOW)
    await catalog.add_transaction_offsets(*producer, {other: CommittedOffset(offset=7)}, "h\0", NOW)
    assert await catalog.pending_offset_keys("g") == {KEY}
    assert await catalog.pending_offset_keys("h\0") == {other}
    assert await catalog.read_offsets("g") == {}

    await catalog.end_transaction(*producer, True, True, -1, NOW)
    assert await catalog.pending_offset_keys("g") == set()
    assert await catalog.read_offsets("g") == {KEY: CommittedOffset(offset=5)}


async def test_ids_and_groups_of_any_length_have_transactions(catalog: Catalog) -> None:
    """Their names come back whole."""
    long, group_id = "i" * 40_000, "g" * 40_000
    key = (group_id, "t", 0)
    fresh = await catalog.init_transaction(long, 60_000, -1, -1, NOW, 11)
    await catalog.add_transaction_offsets(long, fresh.producer_id, fresh.epoch, {key: CommittedOffset(offset=5)}, group_id, NOW)

    state = await catalog.look_up_transaction(long)
    assert state is not None
    assert (state.transactional_id, state.groups) == (long, {group_id})
    assert await catalog.find_transaction_of_producer(11) == state
    answer = await catalog.end_transaction(long, fresh.producer_id, fresh.epoch, True, True, -1, NOW)
    assert answer.ended == Ended([], {key: CommittedOffset(offset=5)})
    assert await catalog.read_offsets(group_id) == {key: CommittedOffset(offset=5)}


async def test_transactions_that_are_open_for_too_long_are_told(catalog: Catalog) -> None:
    """Of the shards that are asked about."""
    (pid,) = await topic(catalog)
    for name, timeout_ms in (("slow", 10**9), ("fast", 0)):
        fresh = await catalog.init_transaction(name, timeout_ms, -1, -1, NOW, await catalog.allocate_producer_ids(1))
        await catalog.add_to_transaction(name, fresh.producer_id, fresh.epoch, [pid], None, NOW)

    (overdue,) = await catalog.overdue_transactions(None, NOW + 1)
    assert (overdue.transactional_id, overdue.partitions) == ("fast", {pid})
    assert await catalog.overdue_transactions([shard_of("fast")], NOW + 1) == [overdue]
    assert await catalog.overdue_transactions([shard_of("fast") + 1], NOW + 1) == []
    await catalog.abort_transaction("fast", overdue.producer_id, overdue.epoch, NOW)
    assert await catalog.overdue_transactions(None, NOW + 1) == []
