"""
Produce (key 0), versions 3-13 (0-13 advertised).

Behaviour:
- Each partition's batch is checked, takes its place in the writer's queue, and is answered when it is durable and committed.
  acks=1 and acks=all are the same. ``timeout_ms`` has no meaning: there are no replicas to wait for.
- acks=0: no answer. A batch refused on arrival closes the connection, as Kafka does, for that is the only way to tell the client.
  What fails later, in storage or by its sequence, the client could not act on anyway; it is dropped.
- Batches that must be decoded or compressed anew are checked in a worker thread. The connection's next request waits for that,
  so a partition's order stays that of arrival. Those that unpack to much wait for each other, so that memory is bounded and small ones go on.
- A transactional batch must belong to the open transaction of its producer; the catalog decides that when it commits the batch. From
  v12 on the partitions are added to the transaction here, all that are missing in one step, and the batches take their places then;
  whoever coordinates the transaction.
- Transactional batches that come late over a connection that their producer has replaced since close that connection (before v12).
- A partition named twice is appended to once; its later mentions are refused with INVALID_REQUEST.
- Needs WRITE on each topic. A request with a transactional batch, whatever the request says of itself, needs WRITE on the transactional id that it
  names, and is refused as a whole without. Being idempotent needs nothing more here.
- Every refusal carries a message from v8 on (Kafka gives one only for refused records).

Versions:
- v0-2 are advertised and refused (KAFKA-18659): older librdkafka turns compression off when they are missing.
- v5: log start offset. v7: zstd (KIP-110). v8: refused records (KIP-467). v9: flexible. v10: leader hints (KIP-951), never
  needed here. v11: TRANSACTION_ABORTABLE where before it was INVALID_TXN_STATE, v12: implicit transactions (both KIP-890).
- v13: topic ids (KIP-516).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import anyio
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

from broker.admin.topic_names import AUDIT_TOPIC, ONLY_THE_BROKER_WRITES
from broker.cluster.directory import TopicState
from broker.coordinators.producer_connections import WHY_CLOSED, Work
from broker.errors import BrokerError
from broker.handlers.authorization import TOPIC_DENIED, TRANSACTIONAL_ID_DENIED
from broker.handlers.base import CloseConnection, Handler, Pending, RequestContext
from broker.handlers.data.append_rules import append_rules, strict_append_rules
from broker.handlers.data.transactional_batches import (
    FIRST_VERSION_THAT_ADDS_PARTITIONS,
    as_answered,
    check_owner,
    has_transactional_batch,
    producer_of,
    refused_addition,
)
from broker.log.validation import AppendRules, CheckedBatch, NeedsRoom, RecordsRefused, check_contents, check_header
from broker.log.writer import Writer
from broker.model import Appended
from broker.pacing import Pacer
from broker.storage.catalog.base import BatchEntry
from broker.storage.catalog.span_times import untimed
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceResponse,
    ProduceResponseBatchIndexAndErrorMessage,
    ProduceResponsePartitionProduceResponse,
    ProduceResponseTopicProduceResponse,
)
from security.acls.kinds import Operation, ResourceType

FIRST_VERSION_WITH_IDS: Final = 13

HEAVY_CHECKS: Final = 4
"""Requests whose records are decoded at the same time."""

EASY_BYTES: Final = 4 * 1024 * 1024
"""A batch that unpacks to more is checked while no other such is: kilobytes may become DECOMPRESSED_BYTES_MAX, and very many clients may send them."""

_HEAVY: Final[RunVar[anyio.CapacityLimiter]] = RunVar("broker.handlers.data.produce.heavy")
_VERY_HEAVY: Final[RunVar[anyio.CapacityLimiter]] = RunVar("broker.handlers.data.produce.very_heavy")

_WITHOUT_LOG_START: Final = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNKNOWN_TOPIC_ID,
        ErrorCode.MESSAGE_TOO_LARGE,
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.INVALID_REQUEST,
    }
)


class _Answering:
    """Collects what the partitions of one request came to and gives the answer after the last one."""

    __slots__ = ("missing", "pending", "response", "startless", "version")

    def __init__(self, response: ProduceResponse | None, version: int) -> None:
        self.startless: list[tuple[int, ProduceResponsePartitionProduceResponse]] = []
        """Refusals that are to say where the log begins, which only the catalog knows."""
        self.response = response
        self.version = version
        self.pending = Pending()
        self.missing = 1  # the handler's own, so that a batch settled at once does not end the request

    def settle(self, answer: ProduceResponsePartitionProduceResponse, appended: Appended) -> None:
        answer.error_code = appended.error_code
        answer.base_offset = appended.base_offset
        answer.log_append_time_ms = appended.log_append_time_ms
        answer.log_start_offset = appended.log_start
        answer.error_message = appended.message
        self.release()

    def settle_transactional(self, answer: ProduceResponsePartitionProduceResponse, appended: Appended) -> None:
        error_code = as_answered(appended.error_code, self.version)
        self.settle(answer, appended if error_code == appended.error_code else replace(appended, error_code=error_code))

    def release(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.pending.resolve(self.response)


class _Waiting:
    """A batch that cannot take its place yet: its contents are still to be checked, or its partition joins the transaction first."""

    __slots__ = ("answer", "checked", "pid", "refused", "rules")

    def __init__(
        self, pid: int, checked: CheckedBatch, rules: AppendRules, answer: ProduceResponsePartitionProduceResponse
    ) -> None:
        self.pid = pid
        self.checked = checked
        self.rules = rules
        self.answer = answer
        self.refused: RecordsRefused | None = None

    def check(self, now_ms: int, room: int | None) -> bool:
        """Runs in a worker thread. False when it needs more room than that."""
        pause = Pacer()
        enough = True
        try:
            self.checked = check_contents(self.checked, self.rules, now_ms, room=room, pause=pause)
        except NeedsRoom:
            enough = False
        except RecordsRefused as error:
            # Without where it comes from: that has what was unpacked, and would keep it until the next collection.
            error.__traceback__ = error.__context__ = None
            self.refused = error
        pause()  # with nothing unpacked in memory any more: what is refused has cost its time too
        return enough


def handle(request: ProduceRequest, context: RequestContext) -> Any:
    if request.acks not in (-1, 0, 1):
        return refuse(request, context, ErrorCode.INVALID_REQUIRED_ACKS, f"acks must be -1, 0 or 1, not {request.acks}")
    services = context.services
    is_restricted = services.access.is_enabled
    if is_restricted and has_transactional_batch(request):
        owner = request.transactional_id
        if owner is None or not context.allows(Operation.WRITE, ResourceType.TRANSACTIONAL_ID, owner):
            return refuse(request, context, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, TRANSACTIONAL_ID_DENIED)
    version = context.api_version
    find = services.directory.by_id if version >= FIRST_VERSION_WITH_IDS else services.directory.by_name
    writer = services.writer
    rules_of = strict_append_rules if services.settings.current.check_records else append_rules
    now_ms = services.now_ms()
    responses: list[ProduceResponseTopicProduceResponse] = []
    answering = _Answering(None if request.acks == 0 else ProduceResponse(responses=responses), version)
    heavy: list[_Waiting] = []
    transactional: list[_Waiting] = []
    seen: set[int] = set()
    for topic in request.topic_data:
        state: TopicState | None = find(topic.topic_id if version >= FIRST_VERSION_WITH_IDS else topic.name)  # type: ignore[arg-type]
        is_denied = is_restricted and _is_denied(state, topic.name, context)
        answers: list[ProduceResponsePartitionProduceResponse] = []
        responses.append(
            ProduceResponseTopicProduceResponse(name=topic.name, topic_id=topic.topic_id, partition_responses=answers)
        )
        for data in topic.partition_data:
            index = data.index
            answer = ProduceResponsePartitionProduceResponse(index=index, base_offset=-1)
            answers.append(answer)
            if is_denied:
                answer.error_code, answer.error_message = ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED
                continue
            if state is None or not 0 <= index < len(state.pids):
                answer.error_code, answer.error_message = _unknown(state, topic.name, index, version)
                continue
            if state.name == AUDIT_TOPIC:
                answer.error_code, answer.error_message = ErrorCode.INVALID_TOPIC_EXCEPTION, ONLY_THE_BROKER_WRITES
                continue
            pid = state.pids[index]
            if pid in seen:
                answer.error_code = ErrorCode.INVALID_REQUEST
                answer.error_message = "the request names this partition before"
                continue
            seen.add(pid)
            rules = state.derived(rules_of, rules_of)
            try:
                checked = check_header(data.records, rules, now_ms, version)
                if checked.transactional:
                    check_owner(request.transactional_id, checked, transactional[0].checked if transactional else None)
                    transactional.append(_Waiting(pid, checked, rules, answer))
                    continue
            except RecordsRefused as error:
                _refuse_partition(context, answering, answer, pid, error)
                continue
            if checked.settled:
                answering.missing += 1
                _enqueue(writer, pid, checked, answering, answer, now_ms)
            else:
                heavy.append(_Waiting(pid, checked, rules, answer))
    if transactional:
        if _is_superseded(transactional[0].checked, request, context):
            return _close_when_settled(answering, CloseConnection(WHY_CLOSED))
        if _must_join(transactional, request, context):
            return _join(transactional, heavy, request, context, now_ms, answering, responses)
        _take(transactional, heavy, writer, answering, now_ms)
    if heavy:
        return _check_heavy(heavy, context, now_ms, answering, responses)
    refusal = _refusal(responses) if answering.response is None else None
    if refusal is None:
        if answering.startless:
            return _answer_with_log_starts(answering, context)
        answering.release()
        return answering.pending
    if answering.missing == 1:
        raise refusal
    return _close_when_settled(answering, refusal)


def _is_superseded(checked: CheckedBatch, request: ProduceRequest, context: RequestContext) -> bool:
    return context.api_version < FIRST_VERSION_THAT_ADDS_PARTITIONS and context.services.transactions.is_superseded(
        request.transactional_id or "", *producer_of(checked), Work.DATA, context.connection.connection_id
    )


def _must_join(transactional: Sequence[_Waiting], request: ProduceRequest, context: RequestContext) -> bool:
    """Whether the partitions are to be added to the transaction first: a producer of KIP-890 leaves that to the broker."""
    if context.api_version < FIRST_VERSION_THAT_ADDS_PARTITIONS:
        return False
    pids = [each.pid for each in transactional]
    return not context.services.transactions.has_joined(
        request.transactional_id or "", *producer_of(transactional[0].checked), pids
    )


async def _join(
    transactional: Sequence[_Waiting],
    heavy: list[_Waiting],
    request: ProduceRequest,
    context: RequestContext,
    now_ms: int,
    answering: _Answering,
    responses: Sequence[ProduceResponseTopicProduceResponse],
) -> ProduceResponse | None:
    """Add the partitions to the transaction, let the batches take their places, and wait for the whole answer."""
    producer_id, epoch = producer_of(transactional[0].checked)
    error = await context.services.transactions.join_partitions(
        request.transactional_id or "", producer_id, epoch, [each.pid for each in transactional]
    )
    if error:
        for each in transactional:
            _refuse_partition(context, answering, each.answer, each.pid, refused_addition(error))
    else:
        _take(transactional, heavy, context.services.writer, answering, now_ms)
    return await _check_heavy(heavy, context, now_ms, answering, responses)


def _take(
    transactional: Sequence[_Waiting], heavy: list[_Waiting], writer: Writer, answering: _Answering, now_ms: int
) -> None:
    for each in transactional:
        if each.checked.settled:
            answering.missing += 1
            _enqueue(writer, each.pid, each.checked, answering, each.answer, now_ms)
        else:
            heavy.append(each)


async def _close_when_settled(answering: _Answering, refusal: CloseConnection) -> None:
    """Until then the request counts as under way: what was taken of it lies in the writer's queue."""
    await _settled(answering)
    raise refusal


async def _settled(answering: _Answering) -> None:
    answered = anyio.Event()
    answering.pending.when_done(lambda _: answered.set())
    answering.release()
    await answered.wait()


async def _check_heavy(
    heavy: list[_Waiting],
    context: RequestContext,
    now_ms: int,
    answering: _Answering,
    responses: Sequence[ProduceResponseTopicProduceResponse],
) -> ProduceResponse | None:
    """Check what has to be decoded, in order, and wait for the whole answer."""

    def check_all(batches: Sequence[_Waiting], room: int | None) -> list[_Waiting]:
        return [each for each in batches if not each.check(now_ms, room)]

    if heavy:
        larger = await run_sync(check_all, heavy, EASY_BYTES, limiter=_limiter(_HEAVY, HEAVY_CHECKS))
        if larger:
            await run_sync(check_all, larger, None, limiter=_limiter(_VERY_HEAVY, 1))
    for each in heavy:
        if each.refused is not None:
            _refuse_partition(context, answering, each.answer, each.pid, each.refused)
        else:
            answering.missing += 1
            _enqueue(context.services.writer, each.pid, each.checked, answering, each.answer, now_ms)
    refusal = _refusal(responses) if answering.response is None else None
    await _find_log_starts(answering, context)
    await _settled(answering)
    if refusal is not None:
        raise refusal
    return answering.response


def _limiter(of: RunVar[anyio.CapacityLimiter], most: int) -> anyio.CapacityLimiter:
    """One for each event loop."""
    try:
        return of.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(most)
        of.set(limiter)
        return limiter


def _enqueue(
    writer: Writer,
    pid: int,
    checked: CheckedBatch,
    answering: _Answering,
    answer: ProduceResponsePartitionProduceResponse,
    now_ms: int,
) -> None:
    header = checked.header
    buffer = checked.buffer
    newest = checked.max_timestamp if checked.max_timestamp >= 0 else untimed(now_ms)
    if header.producer_id < 0:
        entry = BatchEntry(header.record_count, len(buffer), newest, -1, -1, -1, -1, False, checked.log_append_time)
    else:
        entry = BatchEntry(
            header.record_count,
            len(buffer),
            newest,
            header.producer_id,
            header.producer_epoch,
            header.base_sequence,
            checked.last_sequence,
            checked.transactional,
            checked.log_append_time,
        )
    settle = answering.settle_transactional if entry.transactional else answering.settle
    writer.enqueue(pid, buffer, entry, partial(settle, answer))


def _is_denied(state: TopicState | None, name: str, context: RequestContext) -> bool:
    """An id that stands for no topic is not denied: there is no name to judge it by."""
    if state is None and context.api_version >= FIRST_VERSION_WITH_IDS:
        return False
    return not context.allows(Operation.WRITE, ResourceType.TOPIC, name if state is None else state.name)


def _unknown(state: TopicState | None, name: str, index: int, version: int) -> tuple[ErrorCode, str]:
    if state is not None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{state.name} has no partition {index}"
    if version >= FIRST_VERSION_WITH_IDS:
        return ErrorCode.UNKNOWN_TOPIC_ID, "there is no topic with this id"
    return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"there is no topic {name!r}"


def _refuse_partition(
    context: RequestContext,
    answering: _Answering,
    answer: ProduceResponsePartitionProduceResponse,
    pid: int,
    error: RecordsRefused,
) -> None:
    answer.error_code = error.code
    answer.error_message = error.message
    answer.record_errors = [
        ProduceResponseBatchIndexAndErrorMessage(batch_index=each.batch_index, batch_index_error_message=each.message)
        for each in error.record_errors
    ]
    whole_batch = error.code == ErrorCode.INVALID_RECORD and not error.record_errors
    if error.code not in _WITHOUT_LOG_START and not whole_batch:
        bounds = context.services.catalog.peek_bounds(pid)
        if bounds is not None:
            answer.log_start_offset = bounds.log_start
        else:
            answering.startless.append((pid, answer))


async def _find_log_starts(answering: _Answering, context: RequestContext) -> None:
    """Ask the catalog, where others change it. Without its answer the refusals stand all the same."""
    if not answering.startless or answering.response is None:
        return
    try:
        found = await context.services.reader.bounds_of(sorted({pid for pid, _ in answering.startless}))
    except BrokerError:
        return
    for pid, answer in answering.startless:
        if pid in found:
            answer.log_start_offset = found[pid].log_start


async def _answer_with_log_starts(answering: _Answering, context: RequestContext) -> ProduceResponse | None:
    await _find_log_starts(answering, context)
    await _settled(answering)
    return answering.response


def _refusal(responses: Sequence[ProduceResponseTopicProduceResponse]) -> CloseConnection | None:
    for topic in responses:
        for answer in topic.partition_responses:
            if answer.error_code:
                reason = answer.error_message or ErrorCode(answer.error_code).name
                return CloseConnection(f"a produce with acks=0 was refused: {reason}")
    return None


def refuse(request: ProduceRequest, context: RequestContext, code: int, message: str | None) -> ProduceResponse | None:
    if request.acks == 0:
        raise CloseConnection(f"a produce with acks=0 was refused: {message or ErrorCode(code).name}")
    return ProduceResponse(
        responses=[
            ProduceResponseTopicProduceResponse(
                name=topic.name,
                topic_id=topic.topic_id,
                partition_responses=[
                    ProduceResponsePartitionProduceResponse(
                        index=data.index, error_code=code, base_offset=-1, error_message=message
                    )
                    for data in topic.partition_data
                ],
            )
            for topic in request.topic_data
        ]
    )


HANDLER = Handler(
    key=ApiKey.PRODUCE,
    name="produce",
    versions=range(3, 14),
    advertised=range(14),
    handle=handle,
    refuse=refuse,
)
