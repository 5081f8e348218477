"""Transactions that two brokers have a hand in, and a database that goes away in the middle; the contract tests say what each call does."""

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog import transaction_rules
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.cluster import Fenced, Member
from broker.storage.catalog.postgres import connections as connections_module
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import SHARDS, shard_of
from broker.storage.catalog.span_flags import FLAG_COMMIT_MARKER
from broker.storage.catalog.transactions import EndAnswer, InitAnswer, MarkerWish, TransactionStatus
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, group, topic
from tests.broker.storage.catalog.postgres.brokers import brokers, recorded
from tests.broker.storage.catalog.test_contract_transactions import ID, KEY, begin, stable, write
from tests.support.postgres import Postgres

ROUNDS: Final = 8


async def together(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What calls that are made at once come to, in their order."""
    results: list[Any] = [None] * len(calls)

    async def call(index: int) -> None:
        results[index] = await calls[index]()

    async with anyio.create_task_group() as tasks:
        for index in range(len(calls)):
            tasks.start_soon(call, index)
    return results


async def test_of_two_that_begin_one_comes_first(database_url: str) -> None:
    """A transactional id that nobody had becomes one id, under one producer id, of which the later one has the later epoch."""
    async with brokers(database_url) as (one, other):
        for number in range(ROUNDS):
            name = f"id-{number}"
            answers = await together(
                lambda name=name, number=number: one.init_transaction(name, 1, -1, -1, NOW, 2 * number),
                lambda name=name, number=number: other.init_transaction(name, 1, -1, -1, NOW, 2 * number + 1),
            )
            first, second = sorted(answers, key=lambda answer: answer.epoch)
            assert (first.epoch, second.epoch, first.producer_id) == (0, 1, second.producer_id)
            state = await one.look_up_transaction(name)
            assert state is not None
            assert (state.producer_id, state.epoch) == (second.producer_id, 1)


async def test_of_an_end_and_a_new_producer_one_comes_first(database_url: str) -> None:
    """Either the transaction is committed and then the producer replaced, or it is aborted and its producer refused: never both, never neither."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        appender = Appender(one)
        for number in range(ROUNDS):
            name, key = f"id-{number}", ("g", f"t{number}", 0)
            producer, epoch = await begin(one, pid, transactional_id=name)
            _, base = await write(appender, pid, producer, epoch, 0)
            await one.add_transaction_offsets(name, producer, epoch, {key: CommittedOffset(offset=number)}, "g", NOW)
            ended: EndAnswer
            began: InitAnswer
            ended, began = await together(
                lambda name=name, producer=producer, epoch=epoch: one.end_transaction(name, producer, epoch, True, True, -1, NOW),
                lambda name=name: other.init_transaction(name, 1, -1, -1, NOW, -1),
            )
            committed = ended.error_code is ErrorCode.NONE
            assert committed or ended.error_code is ErrorCode.PRODUCER_FENCED
            assert (began.ended is None) == committed
            assert (key in await one.read_offsets("g")) == committed
            ((_, marker),) = [found.spans for found in await one.find_spans([SpanQuery(pid, base, 1000)])]
            assert bool(marker.flags & FLAG_COMMIT_MARKER) == committed
            assert len(await one.aborted(pid, base, base + 2)) == (not committed)
            assert await stable(one, pid) == base + 2
            assert began.epoch == epoch + 2


async def test_one_end_over_two_brokers_ends_once(database_url: str) -> None:
    """Both answer alike; one of them has something to tell."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        appender = Appender(one)
        for number in range(ROUNDS):
            name = f"id-{number}"
            producer, epoch = await begin(one, pid, transactional_id=name)
            await write(appender, pid, producer, epoch, 0)
            answers = await together(
                *(
                    lambda broker=broker, name=name, producer=producer, epoch=epoch: broker.end_transaction(
                        name, producer, epoch, True, True, -1, NOW
                    )
                    for broker in (one, other)
                )
            )
            assert {(each.error_code, each.producer_id, each.epoch) for each in answers} == {(ErrorCode.NONE, producer, epoch + 1)}
            assert sum(each.ended is not None for each in answers) == 1
            assert await stable(one, pid) == 2 * number + 2


async def test_a_batch_and_the_end_of_its_transaction_have_an_order(database_url: str) -> None:
    """Over two brokers: it is in the transaction, before the marker, or it is refused. Nothing is left open."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        for number in range(ROUNDS):
            name = f"id-{number}"
            producer, epoch = await begin(one, pid, transactional_id=name)
            flush = group({pid: [batch(producer=producer, epoch=epoch, first=0, transactional=True)]}, object_id=number)
            ((appended,),), ended = await together(
                lambda flush=flush: other.commit_spans(flush),
                lambda name=name, producer=producer, epoch=epoch: one.end_transaction(name, producer, epoch, True, True, -1, NOW),
            )
            markers = ended.ended.markers
            if appended.error_code == 0:
                assert [marker.offset for marker in markers] == [appended.base_offset + 1]
            else:
                assert (appended.error_code, markers) == (ErrorCode.INVALID_PRODUCER_EPOCH, [])
            bounds = (await one.bounds([pid]))[pid]
            assert bounds.high_watermark == bounds.last_stable_offset


async def test_whoever_acts_on_what_it_remembers_is_told_better(database_url: str) -> None:
    """Memory may be out of date; the database decides, and a look brings memory up to date."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        producer, epoch = await begin(one, pid)
        await other.look_up_transaction(ID)
        await one.end_transaction(ID, producer, epoch, True, True, -1, NOW)
        stale = other.peek_transaction(ID)
        assert stale is not None
        assert stale.status is TransactionStatus.ONGOING
        assert await other.add_to_transaction(ID, producer, epoch, [pid], None, NOW) is ErrorCode.PRODUCER_FENCED

        assert await other.look_up_transaction(ID) == one.peek_transaction(ID)
        assert other.peek_transaction(ID) == one.peek_transaction(ID)


async def test_offsets_that_several_brokers_added_are_all_committed(database_url: str) -> None:
    """And whoever added last remembers all of them."""
    async with brokers(database_url) as (one, other):
        producer, epoch = await begin(one)
        keys = [("g", "t", index) for index in range(3)]
        for index, (broker, key) in enumerate(zip((one, other, one), keys, strict=True)):
            await broker.add_transaction_offsets(ID, producer, epoch, {key: CommittedOffset(offset=index)}, "g", NOW)
        assert set(one.pending_offsets(ID)) == set(keys)
        answer = await other.end_transaction(ID, producer, epoch, True, True, -1, NOW)

        assert answer.ended is not None
        assert set(answer.ended.offsets) == set(keys)
        assert await one.pending_offset_keys("g") == set()
        assert {key: offset.offset for key, offset in (await one.read_offsets("g")).items()} == {key: key[2] for key in keys}


async def test_a_producer_id_is_found_when_one_is_needed_after_all(database_url: str) -> None:
    """Whoever thought the id to be known, or its epochs not to end, gave none."""
    async with brokers(database_url) as (one, _):
        answer = await one.init_transaction(ID, 60_000, -1, -1, NOW, -1)
        assert (answer.error_code, answer.epoch) == (ErrorCode.NONE, 0)
        assert answer.producer_id >= 0
        last = transaction_rules.LAST_EPOCH
        await one._connections.fetch("UPDATE txn SET epoch = $1", last)
        await one.add_to_transaction(ID, answer.producer_id, last, [], "g", NOW)
        ended = await one.end_transaction(ID, answer.producer_id, last, True, True, -1, NOW)

        assert (ended.error_code, ended.epoch) == (ErrorCode.NONE, 0)
        assert ended.producer_id > answer.producer_id


async def test_time_is_the_database_s(database_url: str) -> None:
    """Whatever clocks brokers have: a transaction begins by the database's, and is overdue by it."""
    async with brokers(database_url) as (one, _):
        fresh = await one.init_transaction(ID, 1, -1, -1, 5, 11)
        await one.add_to_transaction(ID, fresh.producer_id, fresh.epoch, [], "g", 7)
        state = one.peek_transaction(ID)
        assert state is not None
        assert abs(state.started_ms - time.time() * 1000) < 60_000
        assert state.updated_ms == 7
        await one._connections.fetch("SELECT pg_sleep(0.01)")  # on that clock, its time is over now
        assert len(await one.overdue_transactions([shard_of(ID)], 0)) == 1
        await one._connections.fetch("UPDATE txn SET timeout_ms = 60000")

        assert await one.overdue_transactions(None, 2**62) == []


async def test_a_broker_remembers_its_shards(database_url: str) -> None:
    """All of them when they are loaded, with what their transactions carry; what it has given up it tells to nobody."""
    async with brokers(database_url) as (one, other):
        names = [f"id-{number}" for number in range(10)]
        for number, name in enumerate(names):
            fresh = await one.init_transaction(name, 60_000, -1, -1, NOW, number)
            await one.add_transaction_offsets(name, fresh.producer_id, 0, {KEY: CommittedOffset(offset=number)}, "g", NOW)
        mine = {shard_of(name) for name in names[:3]}
        other.forget_transactions(range(SHARDS))
        await other.load_transactions(mine)
        loaded = sorted(name for name in names if shard_of(name) in mine)

        assert sorted(state.transactional_id for state in other.peek_transactions()) == loaded
        assert all(other.peek_transaction(name) == one.peek_transaction(name) for name in loaded)
        assert other.pending_offsets(names[0]) == {KEY: CommittedOffset(offset=0)}
        other.forget_transactions(mine)
        assert other.peek_transactions() == []
        assert other.peek_transaction(names[0]) is None


async def test_idle_ids_are_forgotten_by_who_coordinates_them(database_url: str) -> None:
    """Another broker would leave them in the coordinator's memory."""
    async with brokers(database_url) as (one, other):
        names = [f"id-{number}" for number in range(10)]
        for number, name in enumerate(names):
            await one.init_transaction(name, 60_000, -1, -1, NOW, number)
        mine = {shard_of(name) for name in names[:3]}
        other.forget_transactions(set(range(SHARDS)) - mine)
        gone = {name for name in names if shard_of(name) in mine}
        assert await other.delete_transactional_ids(NOW + 1) == len(gone)

        assert other.peek_transactions() == []
        assert [name for name in names if await one.look_up_transaction(name) is None] == sorted(gone)


async def test_what_was_added_before_is_told_from_the_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change; and not from memory alone."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        producer, epoch = await begin(one, pid)
        async with recorded(one, monkeypatch) as asked:
            assert await one.add_to_transaction(ID, producer, epoch, [pid], None, NOW) is ErrorCode.NONE
        assert asked == []
        await other.end_transaction(ID, producer, epoch, True, False, -1, NOW)

        assert await one.add_to_transaction(ID, producer, epoch, [pid], None, NOW) is ErrorCode.NONE
        state = await other.look_up_transaction(ID)
        assert state is not None
        assert state.status is TransactionStatus.ONGOING


async def test_a_fenced_broker_changes_nothing(database_url: str) -> None:
    """None of a transaction's steps (I8)."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        producer, epoch = await begin(one, pid)
        before = one.peek_transaction(ID)
        await one._connections.fetch("INSERT INTO broker (node_id, epoch, instance) VALUES (1, 2, 'i')")
        other.member = Member(node_id=1, epoch=1, rack=None, listeners={})
        steps = [
            lambda: other.init_transaction(ID, 1, -1, -1, NOW, 99),
            lambda: other.init_transaction("new", 1, -1, -1, NOW, 99),
            lambda: other.add_to_transaction(ID, producer, epoch, [pid], "g", NOW),
            lambda: other.add_transaction_offsets(ID, producer, epoch, {KEY: CommittedOffset(offset=1)}, "g", NOW),
            lambda: other.end_transaction(ID, producer, epoch, True, True, -1, NOW),
            lambda: other.abort_transaction(ID, producer, epoch, NOW),
            lambda: other.write_markers([MarkerWish(pid, producer, epoch, True, 0)], NOW),
            lambda: other.delete_transactional_ids(2**62),
        ]
        for step in steps:
            with pytest.raises(Fenced):
                await step()

        assert await one.look_up_transaction(ID) == before
        assert await one.look_up_transaction("new") is None
        assert (await one.bounds([pid]))[pid].high_watermark == 0


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_connection_that_is_lost_under_a_commit_has_one_outcome(
    database_url: str, monkeypatch: pytest.MonkeyPatch, carried_out: bool
) -> None:
    """It is looked up: what is answered is what happened, and sent again it gets the answer it would have got."""
    lose = False
    plain = connections_module.answered

    async def answered(connection: Any, seconds: float, call: Callable[[Any], Awaitable[Any]]) -> Any:
        nonlocal lose
        if not lose:
            return await plain(connection, seconds, call)
        lose = False
        if carried_out:
            await plain(connection, seconds, call)
        connection.terminate()
        raise ConnectionResetError("lost")

    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        producer, epoch = await begin(one, pid)
        await write(Appender(one), pid, producer, epoch, 0)
        await one.add_transaction_offsets(ID, producer, epoch, {KEY: CommittedOffset(offset=5)}, "g", NOW)
        monkeypatch.setattr(connections_module, "answered", answered)
        lose = True
        if carried_out:
            answer = await one.end_transaction(ID, producer, epoch, True, True, -1, NOW)
            assert answer.ended is not None
        else:
            with pytest.raises(StorageUnavailable):
                await one.end_transaction(ID, producer, epoch, True, True, -1, NOW)
            assert await other.read_offsets("g") == {}
            assert await stable(other, pid) == 0
        again = await other.end_transaction(ID, producer, epoch, True, True, -1, NOW)

        assert (again.error_code, again.producer_id, again.epoch) == (ErrorCode.NONE, producer, epoch + 1)
        assert (again.ended is None) == carried_out
        assert await other.read_offsets("g") == {KEY: CommittedOffset(offset=5)}
        assert await stable(other, pid) == 2


async def test_broken_sessions_leave_whole_transactions(postgres: Postgres, database_url: str) -> None:
    """While every connection to the database is broken again and again: what was answered is there, what was not is there as a whole or not at all."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    database = database_url.rpartition("/")[2]
    async with brokers(database_url) as (one, other):
        pids = await topic(one, 2)
        appender = Appender(one)
        work = []
        for number in range(12):
            producer, epoch = await begin(one, *pids, transactional_id=f"id-{number}")
            for pid in pids:
                await write(appender, pid, producer, epoch, 0)
            key = ("g", f"t{number}", 0)
            await one.add_transaction_offsets(f"id-{number}", producer, epoch, {key: CommittedOffset(offset=number)}, "g", NOW)
            work.append((f"id-{number}", producer, epoch, key))
        answered = {}

        async def end(broker: PostgresCatalog, share: list[tuple[str, int, int, Any]]) -> None:
            for name, producer, epoch, key in share:
                while name not in answered:
                    try:
                        answer = await broker.end_transaction(name, producer, epoch, True, True, -1, NOW)
                    except StorageUnavailable:
                        continue
                    assert (answer.error_code, answer.epoch) == (ErrorCode.NONE, epoch + 1)
                    answered[name] = answer
                    assert key in await _patiently(lambda broker=broker: broker.read_offsets("g"))

        broken = 0
        async with anyio.create_task_group() as tasks:

            async def disturb() -> None:
                nonlocal broken
                while len(answered) < len(work):
                    broken += await postgres.end_sessions(database)
                    await anyio.sleep(chance.uniform(0.02, 0.1))

            tasks.start_soon(disturb)
            tasks.start_soon(end, one, work[::2])
            tasks.start_soon(end, other, work[1::2])

        assert broken > 0
        bounds = await _patiently(lambda: one.bounds(pids))
        assert {(each.high_watermark, each.last_stable_offset) for each in bounds.values()} == {(24, 24)}
        assert len(await one.read_offsets("g")) == 12
        assert await one.pending_offset_keys("g") == set()
        assert await one._connections.fetchval("SELECT count(*) FROM txn_part") == 0


async def _patiently(call: Callable[[], Awaitable[Any]]) -> Any:
    while True:
        try:
            return await call()
        except StorageUnavailable:
            continue


async def test_many_ends_commits_and_offsets_at_once_do_not_stand_in_each_other_s_way(database_url: str) -> None:
    """Locks are taken in one order, so nobody is turned away for a deadlock."""
    async with brokers(database_url) as (one, other):
        pids = await topic(one, 4)
        names = [f"id-{number}" for number in range(12)]
        appender = Appender(one)
        producers = {}
        keys = [("g", "t", index) for index in range(6)]
        for number, name in enumerate(names):
            producers[name] = await begin(one, *pids, transactional_id=name)
            for pid in pids:
                await write(appender, pid, *producers[name], 0)
            own = keys if number % 2 else list(reversed(keys))
            await one.add_transaction_offsets(name, *producers[name], {key: CommittedOffset(offset=number) for key in own}, "g", NOW)
        flushes = [
            group({pid: [batch(producer=10**6 + number, first=5)] for pid in (pids if number % 2 else reversed(pids))}, object_id=1000 + number)
            for number in range(12)
        ]
        again = [group({pid: [batch(producer=10**6 + number, first=5)] for pid in pids}, object_id=2000 + number) for number in range(12)]
        calls: list[Callable[[], Awaitable[Any]]] = []
        for number, name in enumerate(names):
            broker, sender = (one, other) if number % 2 else (other, one)
            calls += [
                lambda broker=broker, name=name: broker.end_transaction(name, *producers[name], True, True, -1, NOW),
                lambda sender=sender, number=number: sender.commit_spans(flushes[number]),
                lambda sender=sender, number=number: sender.commit_spans(again[number]),
                lambda sender=sender, number=number: sender.commit_offsets(
                    {key: CommittedOffset(offset=100) for key in (keys if number % 3 else list(reversed(keys)))}
                ),
            ]
        await together(*calls)

        for bounds in (await one.bounds(pids)).values():
            assert (bounds.high_watermark, bounds.last_stable_offset) == (36, 36)
