"""The sink that writes to the internal topic."""

import anyio
import pytest

from broker.admin.audit_topic_writer import AuditTopicWriter, Mark
from broker.admin.topic_administrator import NewTopic, TopicAdministrator
from broker.admin.topic_names import AUDIT_TOPIC, is_internal
from broker.errors import BrokerError, StorageUnavailable
from broker.wire.error_codes import ErrorCode
from broker.wire.records.record import iter_records
from tests.broker.log.harness import Log, running_log


def topics_of(log: Log) -> TopicAdministrator:
    return TopicAdministrator(log.catalog, log.directory, log.live, lambda: log.clock)


def sink_of(log: Log, topics: TopicAdministrator, mark: Mark | None = None) -> AuditTopicWriter:
    return AuditTopicWriter(
        topics, log.directory, log.writer, broker=3, node_ids=lambda: {0}, now_ms=lambda: log.clock, retention_ms=1234, mark=mark
    )


async def test_lines_become_records_of_a_topic_that_is_made_for_them() -> None:
    """In order, with the broker's number as their key."""
    async with running_log() as log:
        sink = sink_of(log, topics_of(log))
        with anyio.fail_after(10):
            await sink.write([b"one", b"two"])
            await sink.write([b"three"])
        state = log.directory.by_name(AUDIT_TOPIC)
        assert state is not None
        batches = [data for parts in log.store.appends for data in parts]
    records = [(record.key, record.value) for data in batches for record in iter_records(data)]

    assert is_internal(AUDIT_TOPIC)
    assert len(state.pids) == 1
    assert state.topic.config == {"cleanup.policy": "delete", "retention.ms": "1234"}
    assert [(bytes(key or b""), bytes(value or b"")) for key, value in records] == [(b"3", b"one"), (b"3", b"two"), (b"3", b"three")]


async def test_what_the_log_refuses_is_to_be_tried_again() -> None:
    """Whoever wrote keeps the lines until then."""
    async with running_log() as log:
        sink = sink_of(log, topics_of(log))
        log.store.append_error = StorageUnavailable("the disk is full")
        with anyio.fail_after(10), pytest.raises(StorageUnavailable, match="disk is full"):
            await sink.write([b"one"])
        log.store.append_error = None
        with anyio.fail_after(10):
            await sink.write([b"one"])
        await sink.aclose()


async def test_clients_neither_make_the_topic_nor_delete_it() -> None:
    """Who could make it first would say for how long it keeps its records."""
    async with running_log() as log:
        topics = topics_of(log)
        with pytest.raises(BrokerError) as refused:
            topics.plan(NewTopic(name=AUDIT_TOPIC, config={"retention.ms": "1"}), {0})
        assert refused.value.code == ErrorCode.POLICY_VIOLATION
        with anyio.fail_after(10):
            await sink_of(log, topics).write([b"one"])
        state = log.directory.by_name(AUDIT_TOPIC)
        assert state is not None
        with pytest.raises(BrokerError) as refused:
            await topics.delete(state.topic_id)

    assert refused.value.code == ErrorCode.POLICY_VIOLATION


async def test_another_broker_may_be_faster_with_the_topic() -> None:
    """Then it is used."""
    async with running_log() as log:
        topics = topics_of(log)
        make = log.catalog.create_topic

        async def beaten(*args: object) -> object:
            log.catalog.create_topic = make  # type: ignore[method-assign]
            await log.catalog.create_topic(*args)  # type: ignore[arg-type]
            raise BrokerError(ErrorCode.TOPIC_ALREADY_EXISTS)

        async def refresh() -> None:
            log.directory.load(await log.catalog.load_topics())

        log.catalog.create_topic = beaten  # type: ignore[method-assign,assignment]
        topics.refresh = refresh
        with anyio.fail_after(10):
            await sink_of(log, topics).write([b"one"])

        assert len(await log.catalog.load_topics()) == 1


class Marked:
    """Some lines are in files and not in the topic."""

    def __init__(self, lines: list[bytes], *, fails: bool = False) -> None:
        self.lines, self.fails = lines, fails
        self.asked: list[bytes] = []
        self.at: list[bytes] = []

    def behind(self, line: bytes) -> list[bytes]:
        self.asked.append(line)
        if self.fails:
            raise OSError(5, "Input/output error")
        return self.lines

    def set(self, line: bytes) -> None:
        if self.fails:
            raise OSError(5, "Input/output error")
        self.at.append(line)


def written(log: Log) -> list[bytes]:
    return [bytes(record.value or b"") for parts in log.store.appends for data in parts for record in iter_records(data)]


async def test_what_the_files_have_and_the_topic_does_not_comes_first() -> None:
    """Once, in portions, and again when it was not taken."""
    behind = [b"%d" % number * 200_000 for number in range(5)]
    async with running_log() as log:
        mark = Marked(behind)
        sink = sink_of(log, topics_of(log), mark)
        log.store.append_error = StorageUnavailable("the disk is full")
        with anyio.fail_after(10), pytest.raises(StorageUnavailable):
            await sink.write([b"one"])
        assert mark.at == []
        log.store.append_error = None
        with anyio.fail_after(10):
            await sink.write([b"one", b"two"])
            await sink.write([b"three"])

        assert written(log) == [*behind, b"one", b"two", b"three"]
        assert len(log.store.appends) >= 4
    assert mark.asked == [b"one", b"one"]
    assert mark.at == [b"two", b"three"]


async def test_a_mark_that_cannot_be_kept_is_no_reason_to_keep_no_log() -> None:
    """Only it is not known then what is missing."""
    async with running_log() as log:
        with anyio.fail_after(10):
            await sink_of(log, topics_of(log), Marked([], fails=True)).write([b"one"])
        assert written(log) == [b"one"]
