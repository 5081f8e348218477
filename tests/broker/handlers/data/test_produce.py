"""Produce: what is appended, what is refused and how, answers in every mode of acks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event, Lock
from typing import Any

import anyio
import pytest

from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.transaction_coordinator import TransactionCoordinator
from broker.errors import StorageUnavailable
from broker.handlers.base import CloseConnection, Pending
from broker.handlers.data import fetch, produce
from broker.log.cleaner import Cleaner
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
    ProduceResponse,
    ProduceResponsePartitionProduceResponse,
)
from broker.wire.records.batch import HEADER_SIZE, iter_batches, parse_header, stamp_crc
from broker.wire.records.compression import Codec
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.broker.log.harness import NOW_MS, Log, batch, running_log

pytestmark = pytest.mark.anyio


def request(
    *partitions: tuple[int, Any], acks: int = -1, topic: str = "t", topic_id: bytes = bytes(16)
) -> ProduceRequest:
    data = [ProduceRequestPartitionProduceData(index=index, records=records) for index, records in partitions]
    return ProduceRequest(
        acks=acks,
        timeout_ms=1000,
        topic_data=[ProduceRequestTopicProduceData(name=topic, topic_id=topic_id, partition_data=data)],
    )


async def answered(log: Log, asked: ProduceRequest, version: int = 9) -> ProduceResponse | None:
    outcome = produce.handle(asked, log.context(version))
    if isinstance(outcome, Pending):
        done = anyio.Event()
        outcome.when_done(lambda _: done.set())
        await done.wait()
        return outcome.response  # type: ignore[no-any-return]
    return outcome if isinstance(outcome, ProduceResponse) else await outcome


async def produced(log: Log, asked: ProduceRequest, version: int = 9) -> list[ProduceResponsePartitionProduceResponse]:
    response = await answered(log, asked, version)
    assert response is not None
    return [answer for topic in response.responses for answer in topic.partition_responses]


@pytest.mark.parametrize("producer", [{}, {"producer_id": 7, "producer_epoch": 0, "base_sequence": 0}])
async def test_records_without_timestamps_live_as_long_as_others(producer: dict[str, int]) -> None:
    """From when they came on; what is stored of them says nothing else."""
    async with running_log() as log:
        (pid,) = (await log.topic("t", retention_ms="1000")).pids
        (answer,) = await produced(log, request((0, bytes(encode_batch([Record(0, -1, b"k", b"v")], **producer)))))
        assert answer.error_code == 0
        cleaner = Cleaner(log.store, log.catalog, log.directory, log.live, lambda: log.clock)
        starts = []
        for later in (0, 1000, 1):
            log.clock += later
            await cleaner.apply_retention()
            starts.append((await log.catalog.bounds([pid]))[pid].log_start)
            if not starts[-1]:
                assert await records_of(log) == [(0, -1, b"v")]
        assert starts == [0, 0, 1]


async def records_of(log: Log, topic: str = "t") -> list[tuple[int, int, bytes]]:
    """(offset, timestamp, value) of everything in partition 0."""
    asked = FetchRequest(
        max_bytes=1 << 30, topics=[FetchTopic(topic=topic, partitions=[FetchPartition(partition_max_bytes=1 << 30)])]
    )
    response = fetch.handle(asked, log.context(12))
    found = response.responses[0].partitions[0].records or []
    return [
        (record.offset, record.timestamp, bytes(record.value or b""))
        for each in found
        for at, header in iter_batches(each)  # small batches leave joined
        for record in iter_records(each, at, header)
    ]


@pytest.mark.parametrize("acks", [1, -1])
async def test_appends_and_answers_with_the_offset(acks: int) -> None:
    """acks=1 and acks=all are the same: durable, then answered."""
    async with running_log() as log:
        await log.topic(partitions=2)
        first = await produced(log, request((0, batch(3)), (1, batch(1)), acks=acks))
        (second,) = await produced(log, request((0, batch(1)), acks=acks))
        assert [
            (each.index, each.error_code, each.base_offset, each.log_start_offset) for each in [*first, second]
        ] == [
            (0, 0, 0, 0),
            (1, 0, 0, 0),
            (0, 0, 3, 0),
        ]
        assert second.log_append_time_ms == -1
        assert second.current_leader is None
        assert len(await records_of(log)) == 4


async def test_requests_take_effect_in_order_and_share_a_commit() -> None:
    """A request is in the queue when the handler returns; its answer comes later."""
    async with running_log() as log:
        await log.topic()
        pending = [produce.handle(request((0, batch(1, value=bytes([number])))), log.context(9)) for number in range(5)]
        assert all(isinstance(each, Pending) and each.response is None for each in pending)
        await anyio.wait_all_tasks_blocked()
        assert [each.response.responses[0].partition_responses[0].base_offset for each in pending] == list(range(5))
        assert len(log.store.appends) == 1


async def test_each_partition_has_its_own_fate() -> None:
    """Good ones are appended beside bad ones; messages say why (KIP-467)."""
    async with running_log() as log:
        await log.topic(partitions=3)
        bad = batch(1)
        bad[-1] ^= 1
        answers = await produced(log, request((0, batch(1)), (1, bad), (7, batch(1)), (-1, batch(1)), (2, None)))
        assert [answer.error_code for answer in answers] == [
            0,
            ErrorCode.CORRUPT_MESSAGE,
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode.INVALID_RECORD,
        ]
        assert [answer.base_offset for answer in answers] == [0, -1, -1, -1, -1]
        assert [answer.log_start_offset for answer in answers] == [0, -1, -1, -1, -1]
        assert all(answer.error_message for answer in answers[1:])


async def test_unknown_topics_are_refused_by_name_and_by_id() -> None:
    """From v13 on topics are named by id."""
    async with running_log() as log:
        state = await log.topic()
        (answer,) = await produced(log, request((0, batch(1)), topic="other"))
        assert answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        (answer,) = await produced(log, request((0, batch(1)), topic="", topic_id=b"x" * 16), 13)
        assert answer.error_code == ErrorCode.UNKNOWN_TOPIC_ID
        (answer,) = await produced(log, request((0, batch(1)), topic="", topic_id=state.topic_id), 13)
        assert (answer.error_code, answer.base_offset) == (0, 0)


async def test_a_partition_named_twice_is_appended_to_once() -> None:
    """Later mentions are refused, in one topic entry or two."""
    async with running_log() as log:
        await log.topic()
        asked = request((0, batch(1)), (0, batch(1)))
        asked.topic_data += request((0, batch(1))).topic_data
        codes = [answer.error_code for answer in await produced(log, asked)]
        assert codes == [0, ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]
        assert len(await records_of(log)) == 1


async def test_impossible_acks_are_refused() -> None:
    """For every partition, and nothing is appended."""
    async with running_log() as log:
        await log.topic()
        (answer,) = await produced(log, request((0, batch(1)), acks=2))
        assert (answer.error_code, answer.base_offset) == (ErrorCode.INVALID_REQUIRED_ACKS, -1)
        assert not log.store.appends


async def test_without_acks_there_is_no_answer() -> None:
    """The batch is appended all the same, and the request is done when it is."""
    async with running_log() as log:
        await log.topic()
        assert await answered(log, request((0, batch(1)), acks=0)) is None
        assert len(await records_of(log)) == 1


async def test_without_acks_a_refusal_closes_the_connection() -> None:
    """On arrival: unknown topic, bad batch, or the request as a whole."""
    async with running_log() as log:
        await log.topic(cleanup_policy="compact")
        with pytest.raises(CloseConnection, match="no topic"):
            produce.handle(request((0, batch(1)), acks=0, topic="other"), log.context(9))
        with pytest.raises(CloseConnection):
            produce.refuse(request((0, batch(1)), acks=0), log.context(9), ErrorCode.UNKNOWN_SERVER_ERROR, None)
        keyless = encode_batch([Record(0, NOW_MS, None, b"v")])
        with pytest.raises(CloseConnection, match="without a key"):
            await produce.handle(request((0, keyless), acks=0), log.context(9))


async def test_a_refusal_without_acks_closes_when_the_rest_is_settled() -> None:
    """What was taken of the request still takes memory, so the request is not over before."""
    async with running_log() as log:
        await log.topic()
        gate = log.store.gate = anyio.Event()
        closed: list[str] = []

        async def ask() -> None:
            try:
                await produce.handle(request((0, batch(1)), (7, batch(1)), acks=0), log.context(9))
            except CloseConnection as error:
                closed.append(str(error))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            assert (closed, log.writer.queued_bytes > 0) == ([], True)
            gate.set()
        assert len(closed) == 1
        assert log.writer.queued_bytes == 0


async def test_few_requests_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may take a hundred megabytes for a moment."""
    running = most = 0
    lock = Lock()

    def check(self: Any, now_ms: int, room: int) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(0.1)
        with lock:
            running -= 1
        return True

    together = Event()
    monkeypatch.setattr(produce._Waiting, "check", check)
    async with running_log() as log:
        await log.topic(cleanup_policy="compact")
        async with anyio.create_task_group() as tasks:
            for _ in range(3 * produce.HEAVY_CHECKS):
                tasks.start_soon(answered, log, request((0, batch(1))))
    assert most == produce.HEAVY_CHECKS


async def test_what_unpacks_to_much_is_checked_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is appended all the same; and a refusal does not keep what was unpacked."""
    rooms: list[int | None] = []
    check = produce._Waiting.check

    def watched(self: Any, now_ms: int, room: int | None) -> bool:
        rooms.append(room)
        fits = check(self, now_ms, room)
        assert self.refused is None or (self.refused.__traceback__, self.refused.__context__) == (None, None)
        return fits

    monkeypatch.setattr(produce._Waiting, "check", watched)
    async with running_log() as log:
        await log.topic(cleanup_policy="compact")
        for size, error, asked in ((1_000, 0, 1), (produce.EASY_BYTES, 0, 2), (40 << 20, ErrorCode.MESSAGE_TOO_LARGE, 2)):
            rooms.clear()
            packed = encode_batch([Record(0, NOW_MS, b"k", bytes(size))], codec=Codec.ZSTD)
            (answer,) = await produced(log, request((0, packed)))
            assert (answer.error_code, rooms) == (error, [produce.EASY_BYTES, None][:asked])


async def test_a_storage_error_is_answered_and_the_next_request_works() -> None:
    """Without acks nobody learns of it."""
    async with running_log() as log:
        await log.topic()
        log.store.append_error = StorageUnavailable("no space left on device")
        (answer,) = await produced(log, request((0, batch(1))))
        assert (answer.error_code, answer.base_offset) == (ErrorCode.KAFKA_STORAGE_ERROR, -1)
        assert answer.error_message == "no space left on device"
        assert await answered(log, request((0, batch(1)), acks=0)) is None
        log.store.append_error = None
        (answer,) = await produced(log, request((0, batch(1))))
        assert (answer.error_code, answer.base_offset) == (0, 0)


async def test_idempotent_producers_get_their_first_answer_again() -> None:
    """A repeated batch is a success with the first offset; a gap is refused."""
    async with running_log() as log:
        await log.topic()

        def of_producer(sequence: int) -> ProduceRequest:
            return request((0, batch(2, producer_id=5, producer_epoch=0, base_sequence=sequence)))

        offsets = [(await produced(log, of_producer(sequence)))[0].base_offset for sequence in (0, 2, 0, 2, 4)]
        assert offsets == [0, 2, 0, 2, 4]
        (answer,) = await produced(log, of_producer(99))
        assert answer.error_code == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


# --- transactions ----------------------------------------------------------------------------------------------------


def transactional(
    log: Log, producer: tuple[int, int], *, sequence: int = 0, indexes: tuple[int, ...] = (0,), name: str | None = "x"
) -> ProduceRequest:
    """One record to each partition from a producer that got its id and epoch from InitProducerId."""
    fields: dict[str, Any] = {"producer_id": producer[0], "producer_epoch": producer[1], "transactional": True}
    asked = request(*((index, batch(1, base_sequence=sequence, **fields)) for index in indexes))
    asked.transactional_id = name
    return asked


async def initialized(log: Log) -> tuple[int, int]:
    answer = await log.services.transactions.init_producer("x", 60_000, -1, -1)
    assert not answer.error_code
    return answer.producer_id, answer.epoch


@asynccontextmanager
async def log_with_transactions() -> AsyncIterator[Log]:
    async with running_log() as log:
        log.services.transactions = TransactionCoordinator(
            log.catalog,
            GroupCoordinator(log.catalog, log.live, log.services.now_ms).transactional,
            log.live,
            log.services.now_ms,
            new_producer_id=log.services.producer_ids.next,
            on_ended=log.reader.transaction_ended,
        )
        yield log


async def test_partitions_join_the_transaction_by_themselves_from_version_12_on() -> None:
    """All that are missing in one step; batches of partitions that are in it wait for nothing."""
    async with log_with_transactions() as log:
        await log.topic(partitions=3)
        producer = await initialized(log)
        answers = await produced(log, transactional(log, producer, indexes=(0, 2)), 12)
        assert [(answer.error_code, answer.base_offset) for answer in answers] == [(0, 0), (0, 0)]
        state = log.services.transactions.transaction("x")
        assert state is not None
        assert len(state.partitions) == 2
        assert isinstance(produce.handle(transactional(log, producer, sequence=1), log.context(12)), Pending)
        await log.writer.drain()
        assert len(await records_of(log)) == 2


@pytest.mark.parametrize(("version", "code"), [(10, ErrorCode.INVALID_TXN_STATE), (11, ErrorCode.TRANSACTION_ABORTABLE)])
async def test_before_version_12_a_producer_adds_its_partitions_itself(version: int, code: ErrorCode) -> None:
    """One that is not in the transaction is refused, by the code that the version knows."""
    async with log_with_transactions() as log:
        state = await log.topic(partitions=2)
        producer = await initialized(log)
        await log.services.transactions.add_partitions("x", *producer, [state.pids[0]])
        answers = await produced(log, transactional(log, producer, indexes=(0, 1)), version)
        assert [answer.error_code for answer in answers] == [0, code]


@pytest.mark.parametrize("version", [11, 12])
async def test_a_fenced_producer_appends_nothing(version: int) -> None:
    """INVALID_PRODUCER_EPOCH in every version."""
    async with log_with_transactions() as log:
        state = await log.topic()
        old = await initialized(log)
        await log.services.transactions.add_partitions("x", *old, [state.pids[0]])
        await initialized(log)
        (answer,) = await produced(log, transactional(log, old), version)
        assert answer.error_code == ErrorCode.INVALID_PRODUCER_EPOCH
        assert await records_of(log) == []


async def test_transactional_batches_need_an_owner() -> None:
    """A request without a transactional id, an id with another producer, two producers in one request."""
    async with log_with_transactions() as log:
        await log.topic(partitions=2)
        producer_id, epoch = await initialized(log)
        (answer,) = await produced(log, transactional(log, (producer_id, epoch), name=None), 12)
        assert answer.error_code == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        (answer,) = await produced(log, transactional(log, (producer_id + 1, epoch)), 12)
        assert answer.error_code == ErrorCode.INVALID_PRODUCER_ID_MAPPING
        asked = transactional(log, (producer_id, epoch))
        other = transactional(log, (producer_id + 1, epoch), indexes=(1,))
        asked.topic_data[0].partition_data += other.topic_data[0].partition_data
        answers = await produced(log, asked, 12)
        assert [answer.error_code for answer in answers] == [0, ErrorCode.INVALID_PRODUCER_ID_MAPPING]


async def test_heavy_transactional_batches_are_checked_after_their_partitions_joined() -> None:
    """And plain batches of the same request go beside them."""
    async with log_with_transactions() as log:
        await log.topic(compression_type="zstd")
        await log.topic("plain")
        asked = transactional(log, await initialized(log))
        asked.topic_data += request((0, batch(1)), topic="plain").topic_data
        answers = await produced(log, asked, 12)
        assert [(answer.error_code, answer.base_offset) for answer in answers] == [(0, 0), (0, 0)]


async def test_log_append_time_is_answered() -> None:
    """The broker's time is in the records and in the answer."""
    async with running_log() as log:
        await log.topic(message_timestamp_type="LogAppendTime")
        log.clock += 77
        (answer,) = await produced(log, request((0, batch(2, timestamp=1))))
        assert answer.log_append_time_ms == NOW_MS + 77
        assert [timestamp for _, timestamp, _ in await records_of(log)] == [NOW_MS + 77] * 2


async def test_batches_are_recompressed_to_the_topics_codec_in_order() -> None:
    """Heavy batches and light ones of one request; what was produced comes back."""
    async with running_log() as log:
        await log.topic(compression_type="zstd")
        await log.topic("plain")
        asked = request((0, batch(50, value=b"x" * 50)))
        asked.topic_data += request((0, batch(1)), topic="plain").topic_data
        answers = await produced(log, asked)
        assert [(answer.error_code, answer.base_offset) for answer in answers] == [(0, 0), (0, 0)]
        await produced(log, request((0, batch(1, value=b"last", codec=Codec.ZSTD))))
        assert [parse_header(part).codec for parts in log.store.appends for part in parts].count(Codec.ZSTD) == 2
        records = await records_of(log)
        assert [offset for offset, _, _ in records] == list(range(51))
        assert records[50][2] == b"last"


async def test_refused_records_are_named() -> None:
    """KIP-467: which records of the batch, and why; the rest of the request is appended."""
    async with running_log() as log:
        await log.topic(partitions=2, cleanup_policy="compact")
        mixed = encode_batch([Record(0, NOW_MS, b"k"), Record(1, NOW_MS, None), Record(2, NOW_MS, None)])
        answers = await produced(log, request((0, mixed), (1, batch(1))))
        assert [answer.error_code for answer in answers] == [ErrorCode.INVALID_RECORD, 0]
        assert [each.batch_index for each in answers[0].record_errors] == [1, 2]
        assert answers[0].log_start_offset == 0
        late = encode_batch([Record(0, NOW_MS + 10**9, b"k")])
        (answer,) = await produced(log, request((0, late)))
        assert answer.error_code == ErrorCode.INVALID_TIMESTAMP


@pytest.mark.parametrize("codec", [Codec.NONE, Codec.ZSTD])
async def test_records_damaged_under_a_right_checksum_are_refused_when_asked_to_look(codec: Codec) -> None:
    """``check_records``: whichever byte of the records is hit, the batch is refused or still reads; what is whole is appended."""
    async with running_log() as log:
        await log.topic()
        log.live.current = log.settings.model_copy(update={"check_records": True})
        whole = encode_batch([Record(i, NOW_MS, b"key", b"value") for i in range(3)], codec=codec)
        refused = 0
        for at in range(HEADER_SIZE, len(whole)):
            damaged = bytearray(whole)
            damaged[at] ^= 0x81
            stamp_crc(damaged)
            (answer,) = await produced(log, request((0, damaged)))
            assert answer.error_code in (0, ErrorCode.INVALID_RECORD, ErrorCode.INVALID_TIMESTAMP), answer
            refused += answer.error_code != 0
        (answer,) = await produced(log, request((0, whole)))

        assert answer.error_code == 0
        assert refused > 10
        assert len(await records_of(log)) == answer.base_offset + 3, "everything accepted can be read"


async def test_an_empty_request_is_answered_empty() -> None:
    """No topics, or a topic without partitions."""
    async with running_log() as log:
        await log.topic()
        response = await answered(log, ProduceRequest(acks=-1))
        assert response == ProduceResponse()
        assert await produced(log, request()) == []


async def test_refuse_answers_every_partition() -> None:
    """The shape of the request with one error."""
    response = produce.refuse(request((0, None), (1, None)), Log().context(9), ErrorCode.UNKNOWN_SERVER_ERROR, "why")
    assert response is not None
    answers = response.responses[0].partition_responses
    assert [(each.index, each.error_code, each.base_offset, each.error_message) for each in answers] == [
        (0, -1, -1, "why"),
        (1, -1, -1, "why"),
    ]


@pytest.mark.parametrize("is_heavy", [False, True])
async def test_refusals_say_where_the_log_begins_wherever_that_must_be_asked_for(is_heavy: bool) -> None:
    """In their turn: what was taken of the request is appended, and when nobody can say it, the refusal stands all the same."""
    async with running_log(is_shared=True) as log:
        state = await log.topic(partitions=2, **({"cleanup_policy": "compact"} if is_heavy else {}))
        await log.append(state.pids[0], batch(3), batch(1))
        await log.catalog.advance_log_start(state.pids[0], 2)
        bad = encode_batch([Record(0, NOW_MS, None) if is_heavy else Record(0, NOW_MS + 10**9, b"k")])
        code = ErrorCode.INVALID_RECORD if is_heavy else ErrorCode.INVALID_TIMESTAMP
        refused, taken = await produced(log, request((0, bad), (1, batch(1))))
        assert (refused.error_code, refused.log_start_offset) == (code, 2)
        assert (taken.error_code, taken.base_offset) == (0, 0)

        async def fail(pids: Any) -> Any:
            raise StorageUnavailable("the database is gone")

        log.catalog.bounds = fail  # type: ignore[method-assign]
        refused, taken = await produced(log, request((0, bad), (1, batch(1))))
        assert (refused.error_code, refused.log_start_offset) == (code, -1)
        assert (taken.error_code, taken.base_offset) == (0, 1)
