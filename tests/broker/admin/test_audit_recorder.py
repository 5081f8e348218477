"""What is recorded is written in order, and what is not is told."""

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from broker.admin.audit_recorder import BATCH_LINES_MAX, AuditRecorder
from broker.errors import StorageUnavailable
from broker.handlers.base import letters_of
from observability.audit_metrics import AUDIT
from observability.metrics import REGISTRY
from security.audit.chain import Chain, Head
from security.audit.event import EventKind
from security.audit.selection import Selection
from security.audit.verification import Verifier
from tests.security.audit.events import event

KINDS = ("admin", "authentication", "authorization", "connection")


class MemorySink:
    """Takes lines, unless told to fail or to wait."""

    def __init__(self, name: str = "file") -> None:
        self.name = name
        self.lines: list[bytes] = []
        self.batches: list[int] = []
        self.fails = False
        self.gate: anyio.Event | None = None
        self.closed = False

    async def write(self, lines: Sequence[bytes]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise StorageUnavailable("the disk is full")
        self.lines += lines
        self.batches.append(len(lines))

    async def aclose(self) -> None:
        self.closed = True

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


def recorder(*sinks: MemorySink, queue_bytes: int = 1 << 20, blocks: bool = True, kinds: Sequence[str] = KINDS) -> AuditRecorder:
    return AuditRecorder(
        Selection(kinds), Chain(Head("a" * 16)), sinks, now_ms=lambda: 1000, broker=3, queue_bytes=queue_bytes, blocks=blocks
    )


def figure(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_events_are_written_in_order_to_every_sink() -> None:
    """The same lines, tied to each other; many of them at once."""
    sinks = MemorySink(), MemorySink("topic")
    audit = recorder(*sinks)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        for number in range(BATCH_LINES_MAX + 100):
            audit.record(event(correlation_id=number))
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()
    await audit.aclose()
    verifier = Verifier()
    for line in sinks[0].lines:
        verifier.take(line, "")

    assert [each["request"] for each in sinks[0].events] == list(range(BATCH_LINES_MAX + 100))
    assert sinks[0].lines == sinks[1].lines
    assert sinks[0].batches == [BATCH_LINES_MAX, 100]
    assert not verifier.findings
    assert audit.head == str(verifier.chains["a" * 16].head)
    assert all(sink.closed for sink in sinks)


async def test_a_sink_that_fails_is_tried_again() -> None:
    """Nothing is lost, and metrics say that it fails while it does."""
    sink = MemorySink()
    sink.fails = True
    audit = recorder(sink)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        audit.record(event(correlation_id=1))
        with anyio.fail_after(10):
            while not figure("penstock_audit_failing", sink="file"):
                await anyio.lowlevel.checkpoint()
        sink.fails = False
        audit.record(event(correlation_id=2))
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()

    assert [each["request"] for each in sink.events] == [1, 2]
    assert figure("penstock_audit_failing", sink="file") == 0


@pytest.mark.parametrize("blocks", [True, False])
async def test_what_finds_no_room_is_counted_and_told(blocks: bool) -> None:
    """The log says how many events are missing, where they are; changes have more room where they block."""
    sink = MemorySink()
    sink.gate = anyio.Event()
    audit = recorder(sink, queue_bytes=8_000, blocks=blocks)
    dropped = figure("penstock_audit_events_dropped_total", kind="connection")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        for number in range(100):
            audit.record(event(EventKind.CONNECTION, correlation_id=number))
        assert not audit.refuses_changes, "a flood of others does not stop changes"
        changes = 0
        while changes < 100 and not audit.refuses_changes:
            audit.record(event(EventKind.ADMIN, correlation_id=1000 + changes))
            changes += 1
        assert audit.refuses_changes == blocks
        sink.gate.set()
        with anyio.fail_after(10):
            await audit.flush()
        assert not audit.refuses_changes
        audit.record(event(correlation_id=5000))
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()
    kept = [each["request"] for each in sink.events if each["kind"] == "connection"]
    told = [each["details"]["events"] for each in sink.events if each["action"] == "dropped"]
    changed = [each["request"] for each in sink.events if each["kind"] == "admin"]

    assert kept == list(range(len(kept)))
    assert figure("penstock_audit_events_dropped_total", kind="connection") - dropped == 100 - len(kept)
    assert sum(each.get("connection", 0) for each in told) == 100 - len(kept)
    assert len(changed) + sum(each.get("admin", 0) for each in told) == changes + 1
    if blocks:
        assert len(changed) == changes + 1, "no change that was let through is missing"


async def test_memory_is_bounded_whatever_comes() -> None:
    """Twice the queue's size at most, for what changes; one event of any size is no larger than a line may be."""
    audit = recorder(MemorySink(), queue_bytes=1 << 20)
    for _ in range(100):
        audit.record(event(details={"after": "x" * 200_000}))

    assert figure("penstock_audit_queue_bytes") <= 2 << 20


async def test_only_what_is_selected_is_recorded() -> None:
    """Who asks first is told the same."""
    sink = MemorySink()
    audit = recorder(sink, kinds=["admin"])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        audit.record(event(EventKind.CONNECTION))
        audit.record(event(EventKind.ADMIN))
        audit.note("start", software="1")
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()

    assert not audit.wants(EventKind.CONNECTION, "User:a")
    assert not audit.samples_allowed()
    assert [(each["kind"], each["action"], each["principal"]) for each in sink.events] == [
        ("admin", "change", "User:alice"),
        ("audit", "start", "Broker:3"),
    ]


@pytest.mark.parametrize("letter", ["x", "\x01", '"', "\u20ac", "\U0001f600"])
async def test_for_what_room_was_kept_there_is_room(letter: str) -> None:
    """Whatever its texts are made of, none of it is dropped, and nobody else gets the room meanwhile."""
    for letters in (0, 10, 1_000):
        audit = recorder(MemorySink(), queue_bytes=1 << 20, blocks=True)
        events = 0
        plain = 2 * letters_of(letter * letters) + len("User:ann")
        while (kept := audit.keep_room(events + 1, (events + 1) * plain)) is not None:
            audit.free_room(kept)
            events += 1
        assert events > 50
        kept = audit.keep_room(events, events * plain)
        assert kept is not None
        assert audit.keep_room(events, 0) is None
        assert audit.refuses_changes
        before = figure("penstock_audit_events_dropped_total", kind="admin")
        audit.free_room(kept)
        for _ in range(events):
            audit.record(event(EventKind.ADMIN, details={"resource": "acl", "before": None, "after": {"name": letter * letters, "principal": letter * letters}}))
        audit.record(event(details={"changes": True, "decisions": ["x" * 1000] * 200}))
        assert figure("penstock_audit_events_dropped_total", kind="admin") == before
    assert recorder(MemorySink(), queue_bytes=1 << 20, blocks=False).keep_room(10**9, 10**9) == 0


async def test_room_that_is_kept_costs_others_none_of_theirs() -> None:
    """Logins and denials meanwhile are recorded as ever, and there is room for the changes even so."""
    audit = recorder(MemorySink(), queue_bytes=1 << 20, blocks=True)
    events = 0
    while (kept := audit.keep_room(events + 1, 0)) is not None:
        audit.free_room(kept)
        events += 1
    kept = audit.keep_room(events, 0)
    assert kept is not None
    dropped = figure("penstock_audit_events_dropped_total", kind="connection")
    for number in range(1_000):
        audit.record(event(EventKind.CONNECTION, correlation_id=number))
    assert figure("penstock_audit_events_dropped_total", kind="connection") == dropped
    while figure("penstock_audit_events_dropped_total", kind="connection") == dropped:
        audit.record(event(EventKind.CONNECTION))
    audit.free_room(kept)
    lost = figure("penstock_audit_events_dropped_total", kind="admin")
    for _ in range(events):
        audit.record(event(EventKind.ADMIN, details={"resource": "acl", "before": None, "after": {"name": "x" * 600}}))
    assert figure("penstock_audit_events_dropped_total", kind="admin") == lost


async def test_a_sink_that_is_dropped_holds_nobody_up() -> None:
    """Even when it fails for ever just then; the others get what follows."""
    topic, file = MemorySink("topic"), MemorySink()
    topic.fails = True
    audit = recorder(topic)
    audit.add_sink(file)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(audit.run)
        audit.record(event())
        with anyio.fail_after(10):
            while not figure("penstock_audit_failing", sink="topic"):
                await anyio.lowlevel.checkpoint()
        audit.drop_sink("topic")
        audit.record(event())
        with anyio.fail_after(10):
            await audit.flush()
        tasks.cancel_scope.cancel()

    assert len(file.lines) == 2
    AUDIT.failing("topic", False)
