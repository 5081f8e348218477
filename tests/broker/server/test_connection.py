"""One connection: requests take effect in order, answers leave in order, memory is bounded."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

from broker.handlers.base import CloseConnection, ConnectionInfo, Handler, Pending, RequestContext
from broker.model import Node
from broker.server.budget import ByteBudget
from broker.server.connection import FRAME_OVERHEAD, READY_BYTES_MAX, Connection
from broker.server.dispatcher import Dispatcher
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from broker.wire.registry import codec
from broker.wire.writer import Writer
from tests.broker.server.no_quotas import NoQuotas

HEARTBEAT = 12


def request(correlation_id: int, group: str = "g") -> memoryview:
    """A Heartbeat v0 request as a frame without its length."""
    writer = Writer(HEARTBEAT.to_bytes(2, "big") + b"\0\0" + correlation_id.to_bytes(4, "big") + b"\0\1c")
    codec(HEARTBEAT).encode_request(0, HeartbeatRequest(group_id=group, generation_id=1, member_id="m"), writer)
    return memoryview(bytearray(b"".join(bytes(chunk) for chunk in writer.chunks())))


class FakeLink:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.reading_paused = False
        self.closed = False
        self.missing = 0
        self.is_mid_large = False

    def write(self, chunks: list[Any]) -> None:
        data = b"".join(bytes(chunk) for chunk in chunks)
        while data:
            size = int.from_bytes(data[:4], "big")
            self.sent.append(int.from_bytes(data[4:8], "big"))
            data = data[4 + size :]

    def pause_reading(self) -> None:
        self.reading_paused = True

    def resume_reading(self) -> None:
        self.reading_paused = False

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


class FakeListener:
    def __init__(self, tasks: TaskGroup) -> None:
        self.tasks = tasks
        self.refusals: list[str] = []
        self.gone = 0
        self.charged = 0

    def admit(self, connection: Connection, link: Any) -> ConnectionInfo:
        return ConnectionInfo(
            connection_id=1, peer="p:1", peer_host="p", listener="PLAINTEXT", advertised=Node(1, "localhost", 9092)
        )

    def departed(self, connection: Connection) -> None:
        self.gone += 1

    def connecting_took(self, connection: Connection, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.charged += 1

    def log_refusal(self, connection: Connection, reason: str, kind: str = "refused") -> None:
        self.refusals.append(reason)


class Scene:
    """A connection whose one handler does what the test says."""

    def __init__(self, tasks: TaskGroup, handle: Callable[[Any, RequestContext], Any], limit: int, stop: bool, waits_for_others: bool) -> None:
        self.listener = FakeListener(tasks)
        self.link = FakeLink()
        self.budget = ByteBudget(1 << 20)
        handler = Handler(
            key=HEARTBEAT,
            name="heartbeat",
            versions=range(1),
            handle=handle,
            refuse=lambda request, context, code, message: HeartbeatResponse(error_code=code),
            stop_on_disconnect=stop,
            waits_for_others=waits_for_others,
        )
        dispatcher = Dispatcher([handler], None, NoQuotas())  # type: ignore[arg-type]
        self.connection = Connection(self.listener, dispatcher, self.budget, limit, 1 << 20)  # type: ignore[arg-type]
        self.connection.connected(self.link)  # type: ignore[arg-type]

    def ask(self, *correlation_ids: int) -> None:
        for correlation_id in correlation_ids:
            self.connection.frame_received(request(correlation_id))


MakeScene = Callable[..., Scene]


@pytest.fixture
async def make_scene() -> AsyncIterator[MakeScene]:
    async with anyio.create_task_group() as tasks:
        yield lambda handle, limit=16, stop=False, waits_for_others=False: Scene(
            tasks, handle, limit, stop, waits_for_others
        )
        tasks.cancel_scope.cancel()


async def test_answers_leave_in_the_order_of_requests(make_scene: MakeScene) -> None:
    """Pending answers that come in reverse are held back until it is their turn."""
    pending: list[Pending] = []

    def handle(request: Any, context: RequestContext) -> Pending:
        pending.append(Pending())
        return pending[-1]

    scene = make_scene(handle)
    scene.ask(1, 2, 3)
    assert len(pending) == 3
    for answer in reversed(pending):
        answer.resolve(HeartbeatResponse())

    assert scene.link.sent == [1, 2, 3]
    assert scene.budget.used == 0


async def test_a_waiting_handler_holds_back_the_next_request(make_scene: MakeScene) -> None:
    """Unless it said that the request has taken effect, the next one does not start."""
    started: list[int] = []
    release = anyio.Event()

    async def wait(correlation_id: int) -> HeartbeatResponse:
        await release.wait()
        return HeartbeatResponse()

    def handle(request: Any, context: RequestContext) -> Any:
        started.append(context.correlation_id)
        return wait(context.correlation_id) if context.correlation_id == 1 else HeartbeatResponse()

    scene = make_scene(handle)
    scene.ask(1, 2)
    await anyio.wait_all_tasks_blocked()
    assert started == [1]
    release.set()
    await anyio.wait_all_tasks_blocked()

    assert (started, scene.link.sent) == ([1, 2], [1, 2])


async def test_reading_stops_at_the_request_limit_and_goes_on(make_scene: MakeScene) -> None:
    """A client cannot queue more than its share."""
    pending: list[Pending] = []

    def handle(request: Any, context: RequestContext) -> Pending:
        pending.append(Pending())
        return pending[-1]

    scene = make_scene(handle, limit=2)
    scene.ask(1, 2, 3)
    assert (len(pending), scene.link.reading_paused) == (2, True)
    pending[0].resolve(HeartbeatResponse())
    assert len(pending) == 3
    pending[1].resolve(HeartbeatResponse())

    assert not scene.link.reading_paused
    assert scene.link.sent == [1, 2]


async def test_a_peer_that_does_not_read_gets_no_more_work_done(make_scene: MakeScene) -> None:
    """While the socket is full nothing new is started."""
    started: list[int] = []

    def handle(request: Any, context: RequestContext) -> HeartbeatResponse:
        started.append(context.correlation_id)
        return HeartbeatResponse()

    scene = make_scene(handle)
    scene.connection.write_paused(True)
    scene.ask(1)
    assert (started, scene.link.reading_paused) == ([], True)
    scene.connection.write_paused(False)

    assert (started, scene.link.reading_paused) == ([1], False)


async def test_nonsense_closes_after_earlier_answers_left(make_scene: MakeScene) -> None:
    """The requests before a malformed one still get their answers; then the connection ends with one reason."""
    pending: list[Pending] = []

    def handle(request: Any, context: RequestContext) -> Pending:
        pending.append(Pending())
        return pending[-1]

    scene = make_scene(handle)
    scene.ask(1)
    scene.connection.frame_received(memoryview(bytearray(b"\0\x0c\0\0\0\0\0\2\0\1c\xff\xff")))
    scene.ask(3)
    assert (len(scene.listener.refusals), scene.link.closed) == (1, False)
    pending[0].resolve(HeartbeatResponse())

    assert (scene.link.sent, scene.link.closed, len(pending)) == ([1], True, 1)


@pytest.mark.parametrize("waits", [False, True])
async def test_a_handler_can_close_instead_of_answering(make_scene: MakeScene, waits: bool) -> None:
    """As a refused produce without acknowledgement does."""

    async def refuse() -> None:
        raise CloseConnection("refused")

    def handle(request: Any, context: RequestContext) -> Any:
        if waits:
            return refuse()
        raise CloseConnection("refused")

    scene = make_scene(handle)
    scene.ask(1)
    await anyio.wait_all_tasks_blocked()

    assert (scene.link.sent, scene.link.closed, scene.listener.refusals) == ([], True, ["refused"])


async def test_a_defect_is_answered_and_the_connection_lives(make_scene: MakeScene) -> None:
    """An unexpected exception becomes UNKNOWN_SERVER_ERROR for this request only."""

    def handle(request: Any, context: RequestContext) -> Any:
        if context.correlation_id == 1:
            raise ZeroDivisionError
        return HeartbeatResponse()

    scene = make_scene(handle)
    scene.ask(1, 2)

    assert (scene.link.sent, scene.link.closed) == ([1, 2], False)


async def test_no_answer_is_sent_for_none(make_scene: MakeScene) -> None:
    """acks=0: the request is done and nothing leaves."""
    scene = make_scene(lambda request, context: None)
    scene.ask(1)

    assert (scene.link.sent, scene.connection.idle, scene.budget.used) == ([], True, 0)


@pytest.mark.parametrize("stop", [True, False])
async def test_only_a_handler_that_may_is_stopped_when_the_client_leaves(make_scene: MakeScene, stop: bool) -> None:
    """A long poll ends with its client; a change that has begun is finished."""
    finished: list[bool] = []
    release = anyio.Event()

    async def wait() -> HeartbeatResponse:
        await release.wait()
        finished.append(True)
        return HeartbeatResponse()

    scene = make_scene(lambda request, context: wait(), stop=stop)
    scene.ask(1)
    await anyio.wait_all_tasks_blocked()
    scene.connection.disconnected(None)
    await anyio.wait_all_tasks_blocked()
    release.set()
    await anyio.wait_all_tasks_blocked()

    assert (bool(finished), scene.budget.used, scene.listener.gone) == (not stop, 0, 1)


async def test_drain_answers_what_is_under_way_and_closes(make_scene: MakeScene) -> None:
    """Nothing new is taken; the last answer closes the connection."""
    pending: list[Pending] = []

    def handle(request: Any, context: RequestContext) -> Pending:
        pending.append(Pending())
        return pending[-1]

    scene = make_scene(handle)
    scene.ask(1)
    scene.connection.drain()
    scene.ask(2)
    assert not scene.link.closed
    pending[0].resolve(HeartbeatResponse())

    assert (scene.link.sent, scene.link.closed, len(pending)) == ([1], True, 1)


async def test_drain_gives_up_a_long_poll_but_not_the_produce_before_it(make_scene: MakeScene) -> None:
    """The acknowledgement that is owed still leaves."""
    pending = Pending()

    async def wait() -> HeartbeatResponse:
        await anyio.sleep_forever()
        raise AssertionError

    scene = make_scene(lambda request, context: pending if context.correlation_id == 1 else wait(), stop=True)
    scene.ask(1, 2)
    await anyio.wait_all_tasks_blocked()
    scene.connection.drain()
    await anyio.wait_all_tasks_blocked()
    assert not scene.link.closed
    pending.resolve(HeartbeatResponse())

    assert (scene.link.sent, scene.link.closed) == ([1], True)


async def test_what_a_client_left_behind_counts_until_it_is_served(make_scene: MakeScene) -> None:
    """Coming, sending and going again must not fill the writer's queue beyond the process's budget."""
    pending = [Pending(), Pending()]
    scene = make_scene(lambda request, context: pending[context.correlation_id])
    scene.ask(0, 1)
    taken = scene.budget.used
    pending[1].resolve(HeartbeatResponse())
    scene.connection.disconnected(None)
    assert scene.budget.used == taken / 2
    pending[0].resolve(HeartbeatResponse())

    assert scene.budget.used == 0


async def test_who_waits_for_others_holds_nothing_meanwhile(make_scene: MakeScene) -> None:
    """A group may keep a join waiting for days; its client may leave, and come again and again."""
    pending = Pending()
    scene = make_scene(lambda request, context: pending, waits_for_others=True)
    scene.ask(0)
    assert scene.budget.used == 0
    scene.ask(1)
    scene.connection.disconnected(None)
    assert scene.budget.used == 0
    pending.resolve(HeartbeatResponse())
    assert scene.budget.used == 0


async def test_what_waited_for_others_is_answered(make_scene: MakeScene) -> None:
    """In its turn, and a defect in the answer too."""
    pending = [Pending(), Pending()]
    scene = make_scene(lambda request, context: pending[context.correlation_id], waits_for_others=True)
    scene.ask(0, 1)
    pending[1].resolve(object())
    assert scene.link.sent == []
    pending[0].resolve(HeartbeatResponse())

    assert (scene.link.sent, scene.budget.used) == ([0, 1], 0)


async def test_large_answers_behind_a_slow_one_do_not_pile_up(make_scene: MakeScene) -> None:
    """Nothing new is started while much waits for its turn."""
    first = Pending()
    started: list[int] = []

    def handle(request: Any, context: RequestContext) -> Any:
        started.append(context.correlation_id)
        return HeartbeatResponse() if context.correlation_id else first

    scene = make_scene(handle)
    scene.connection._ready = READY_BYTES_MAX - 10
    scene.ask(0, 1, 2, 3, 4)
    assert started == [0, 1, 2]
    scene.connection._ready -= READY_BYTES_MAX - 10
    first.resolve(HeartbeatResponse())

    assert (started, scene.link.sent, scene.connection._ready) == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 0)


async def test_tiny_frames_count_what_keeping_them_costs(make_scene: MakeScene) -> None:
    """Thousands of them can be in one read."""
    scene = make_scene(lambda request, context: Pending(), limit=1)
    scene.ask(*range(10))

    assert scene.budget.used >= 10 * FRAME_OVERHEAD
    scene.connection.drain()
    scene.connection.disconnected(None)


async def test_a_bad_frame_behind_nonsense_is_not_worth_a_second_line(make_scene: MakeScene) -> None:
    """One connection that is closed for what its client sent gives one line."""
    scene = make_scene(lambda request, context: HeartbeatResponse())
    scene.connection.frame_received(memoryview(bytearray(b"\x7f\xff\0\0\0\0\0\1\0\1c")))
    scene.connection.bad_frame("frame of -1 bytes announced")

    assert len(scene.listener.refusals) == 1


async def test_what_came_before_a_bad_frame_is_answered(make_scene: MakeScene) -> None:
    """What is being served and what waits; then the connection closes, and it reads nothing more meanwhile."""
    go_on = anyio.Event()

    async def wait(context: RequestContext) -> HeartbeatResponse:
        await go_on.wait()
        return HeartbeatResponse()

    scene = make_scene(lambda request, context: wait(context))
    scene.ask(1, 2)
    await anyio.wait_all_tasks_blocked()
    scene.link.pause_reading()
    scene.connection.bad_frame("frame of -1 bytes announced")
    scene.ask(3)
    assert not scene.link.closed
    go_on.set()
    await anyio.wait_all_tasks_blocked()

    assert (scene.link.sent, scene.link.closed, scene.link.reading_paused) == ([1, 2], True, True)
    assert (scene.budget.used, scene.listener.refusals) == (0, ["frame of -1 bytes announced"])


async def test_a_bad_frame_behind_nothing_closes_at_once(make_scene: MakeScene) -> None:
    """There is nobody to wait for."""
    scene = make_scene(lambda request, context: HeartbeatResponse())
    scene.connection.bad_frame("frame of -1 bytes announced")

    assert scene.link.closed


async def test_a_refused_request_before_a_bad_frame_is_not_worth_a_second_line(make_scene: MakeScene) -> None:
    """Whichever of the two is noticed first gives the line."""
    go_on = anyio.Event()

    async def wait() -> HeartbeatResponse:
        await go_on.wait()
        return HeartbeatResponse()

    def handle(request: Any, context: RequestContext) -> Any:
        if context.correlation_id == 1:
            return wait()
        raise CloseConnection("refused")

    scene = make_scene(handle)
    scene.ask(1, 2)
    await anyio.wait_all_tasks_blocked()
    scene.connection.bad_frame("frame of -1 bytes announced")
    go_on.set()
    await anyio.wait_all_tasks_blocked()

    assert (scene.link.sent, scene.link.closed, len(scene.listener.refusals)) == ([1], True, 1)


async def test_a_connection_that_drains_reads_nothing(make_scene: MakeScene) -> None:
    """Answers that leave meanwhile are no reason to go on."""
    pending = [Pending(), Pending()]
    scene = make_scene(lambda request, context: pending[context.correlation_id])
    scene.ask(0, 1)
    scene.connection.drain()
    pending[0].resolve(HeartbeatResponse())
    scene.connection.budget_has_room()

    assert (scene.link.sent, scene.link.reading_paused, scene.link.closed) == ([0], True, False)
    pending[1].resolve(HeartbeatResponse())


async def test_a_request_that_was_answered_holds_nothing_while_its_answer_waits(make_scene: MakeScene) -> None:
    """Behind a join that takes minutes."""
    pending = [Pending(), Pending()]
    scene = make_scene(lambda request, context: pending[context.correlation_id])
    scene.ask(0, 1)
    both = scene.budget.used
    pending[1].resolve(HeartbeatResponse())
    assert scene.budget.used == both / 2
    pending[0].resolve(HeartbeatResponse())

    assert (scene.budget.used, scene.link.sent) == (0, [0, 1])


async def test_what_has_arrived_of_a_frame_counts_once(make_scene: MakeScene) -> None:
    """While it arrives, and when it is whole."""
    scene = make_scene(lambda request, context: Pending())
    frame = request(1)
    scene.connection.frame_arriving(10)
    scene.connection.frame_arriving(5)
    assert (scene.budget.used, scene.budget.unfinished) == (15, 15)
    scene.connection.frame_received(frame)

    assert (scene.budget.used, scene.budget.unfinished) == (frame.nbytes + FRAME_OVERHEAD, 0)
    scene.connection.drain()
    scene.connection.disconnected(None)


async def test_what_had_arrived_of_a_frame_is_given_back_when_its_client_leaves(make_scene: MakeScene) -> None:
    """The rest of it will never come."""
    scene = make_scene(lambda request, context: Pending())
    scene.connection.frame_arriving(10)
    scene.connection.disconnected(None)

    assert (scene.budget.used, scene.budget.unfinished) == (0, 0)


async def test_it_stops_in_the_middle_of_a_frame_when_bytes_are_scarce(make_scene: MakeScene) -> None:
    """Unless it has the turn; the bounds of the connection itself go before that, and then the turn goes to others."""
    scene = make_scene(lambda request, context: HeartbeatResponse())
    other = Connection(
        scene.listener, Dispatcher([], None, NoQuotas()), scene.budget, 16, 1 << 20  # type: ignore[arg-type]
    )
    link = FakeLink()
    other.connected(link)  # type: ignore[arg-type]
    scene.connection.frame_arriving(600_000)
    other.frame_arriving(600_000)
    assert (scene.link.reading_paused, link.reading_paused) == (False, True)
    scene.connection.write_paused(True)
    assert (scene.link.reading_paused, link.reading_paused) == (True, False)
    other.disconnected(None)
    scene.connection.write_paused(False)

    assert not scene.link.reading_paused
    scene.connection.disconnected(None)


async def test_it_knows_when_it_sits_on_bytes(make_scene: MakeScene) -> None:
    """Its share or more, behind a fetch that waits or answers that are not read; not while the broker works on them."""

    async def wait() -> HeartbeatResponse:
        await anyio.sleep_forever()
        raise AssertionError

    waits = make_scene(lambda request, context: wait(), stop=True)
    works = make_scene(lambda request, context: Pending(), limit=100)
    for scene in (waits, works):
        scene.ask(1)
        await anyio.wait_all_tasks_blocked()
        assert not scene.connection.sits_on_bytes
        while scene.budget.used < scene.budget.share:
            scene.ask(2)
    assert (waits.connection.sits_on_bytes, works.connection.sits_on_bytes) == (True, False)
    works.connection.write_paused(True)
    assert works.connection.sits_on_bytes
    waits.connection.drain()
    await anyio.wait_all_tasks_blocked()

    assert (waits.link.closed, waits.budget.used) == (True, 0)
    works.connection.disconnected(None)
