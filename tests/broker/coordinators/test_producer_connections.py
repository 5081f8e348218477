"""Late requests of a producer's earlier connections, against clients that use their connections in different ways."""

from dataclasses import dataclass
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from broker.coordinators.producer_connections import Connections, Work, heard
from broker.storage.catalog import transaction_rules
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from broker.wire.error_codes import ErrorCode

PRODUCER: Final = (7, 0)
COORDINATING, OFFSETS, DATA = Work


def walk(*steps: tuple[Work, int]) -> list[bool]:
    """Of each step in turn, whether it was heard."""
    known: Connections | None = None
    taken = []
    for work, connection_id in steps:
        now = heard(known, PRODUCER, work, connection_id)
        taken.append(now is not None)
        known = now or known
    return taken


def test_an_older_connection_is_given_up_once_a_newer_one_does_its_work() -> None:
    """What comes over it later is late, however often."""
    assert walk((COORDINATING, 1), (COORDINATING, 2), (COORDINATING, 1), (COORDINATING, 2), (COORDINATING, 1)) == [
        *(True, True, False),
        *(True, False),
    ]


def test_connections_for_different_work_live_beside_each_other() -> None:
    """The one to the coordinator may be older than the one for data, or newer."""
    assert all(walk((COORDINATING, 1), (DATA, 2), (OFFSETS, 2), (COORDINATING, 1), (DATA, 2), (COORDINATING, 3), (DATA, 2)))
    assert all(walk((DATA, 1), (COORDINATING, 2), (DATA, 1), (OFFSETS, 3), (COORDINATING, 2), (DATA, 1)))


def test_a_connection_given_up_for_one_kind_of_work_is_given_up_for_all() -> None:
    """Its client had one for everything."""
    assert walk((COORDINATING, 1), (DATA, 1), (COORDINATING, 2), (DATA, 1), (OFFSETS, 1)) == [True, True, True, False, False]


def test_another_epoch_begins_anew() -> None:
    """Its producer may sit on any connection, also on one that is older than its predecessor's."""
    known = heard(None, (7, 0), COORDINATING, 5)
    assert known is not None
    assert heard(known, (7, 1), COORDINATING, 3) == Connections((7, 1), (3, -1, -1))


def test_what_is_known_is_bounded() -> None:
    """A client that connects anew for every request does not fill memory."""
    known: Connections | None = None
    for connection_id in range(100):
        known = heard(known, PRODUCER, COORDINATING, connection_id)
    assert known is not None
    assert len(known.given_up) == 8
    assert heard(known, PRODUCER, COORDINATING, 3) is None


@dataclass(frozen=True)
class Request:
    """Sent for the transaction of that number, over a connection."""

    kind: str
    transaction: int
    work: Work
    connection_id: int


SHARED: Final = {COORDINATING: "all", OFFSETS: "all", DATA: "all"}
DATA_APART: Final = {COORDINATING: "coordinator", OFFSETS: "data", DATA: "data"}
ALL_APART: Final = {COORDINATING: "coordinator", OFFSETS: "offsets", DATA: "data"}


class LateRequests(RuleBasedStateMachine):
    """A producer of before KIP-890 does one transaction after the other. Its connections break now and then with a request under way, of
    which a copy may arrive at any later time. A request takes effect in the transaction it was sent for, or never; and what arrives
    over a connection in use is always heard."""

    @initialize(sockets=st.sampled_from([SHARED, DATA_APART, ALL_APART]), order=st.permutations(["coordinator", "data", "offsets"]))
    def begin(self, sockets: dict[Work, str], order: list[str]) -> None:
        self.sockets = sockets
        self.next_connection = 0
        self.connection: dict[str, int] = {}
        for name in ("all", *order):
            self.connect(name)
        self.known: Connections | None = None
        self.state: TransactionState = TransactionState(
            transactional_id="x", producer_id=PRODUCER[0], epoch=PRODUCER[1], timeout_ms=60_000, updated_ms=0
        )
        self.on_the_way: list[Request] = []
        self.number = 0
        self.begun = False
        self.intended: dict[int, bool] = {}
        self.ended: dict[int, bool] = {}

    def connect(self, name: str) -> None:
        self.next_connection += 1
        self.connection[name] = self.next_connection

    def arrive(self, request: Request) -> bool:
        """The broker's side; whether the request was heard."""
        now = heard(self.known, PRODUCER, request.work, request.connection_id)
        if now is None:
            return False
        self.known = now
        if request.kind == "add":
            verdict = transaction_rules.add(self.state, *PRODUCER, (1,), ("g",), 0)
            assert request.transaction == self.number, "a partition of an earlier transaction was added"
        elif request.kind == "write":
            assert request.transaction == self.number, "a record or an offset of an earlier transaction was added"
            return True
        else:
            verdict = transaction_rules.end(self.state, *PRODUCER, request.kind == "commit", False, -1, 0)
            if verdict.commit is not None:
                assert request.transaction == self.number, "an earlier transaction's end ended this one"
                self.ended[request.transaction] = verdict.commit
        assert verdict.error_code is ErrorCode.NONE
        self.state = verdict.state or self.state
        return True

    def ask(self, kind: str, work: Work, breaks: int, also_arrives: bool) -> None:
        """Send, over new connections as often as it breaks. What broke may have arrived, and may arrive again."""
        name = self.sockets[work]
        for _ in range(breaks):
            request = Request(kind, self.number, work, self.connection[name])
            if also_arrives:
                assert self.arrive(request), "a request over a connection in use was not heard"
            else:
                self.on_the_way.append(request)
            self.connect(name)
        assert self.arrive(Request(kind, self.number, work, self.connection[name])), "as above"

    breaks = st.sampled_from([0, 0, 0, 1, 2])

    @rule(breaks=breaks, also_arrives=st.booleans())
    def add(self, breaks: int, also_arrives: bool) -> None:
        if not self.begun:
            self.begun, self.number = True, self.number + 1
        self.ask("add", COORDINATING, breaks, also_arrives)

    @rule(work=st.sampled_from([OFFSETS, DATA]), breaks=breaks, also_arrives=st.booleans())
    def write(self, work: Work, breaks: int, also_arrives: bool) -> None:
        if self.begun:
            self.ask("write", work, breaks, also_arrives)

    @rule(commit=st.booleans(), breaks=breaks, also_arrives=st.booleans())
    def end(self, commit: bool, breaks: int, also_arrives: bool) -> None:
        if self.begun:
            self.intended[self.number] = commit
            self.ask("commit" if commit else "abort", COORDINATING, breaks, also_arrives)
            self.begun = False

    @rule(which=st.integers(0, 5))
    def a_late_copy_arrives(self, which: int) -> None:
        if self.on_the_way:
            self.arrive(self.on_the_way.pop(which % len(self.on_the_way)))

    @invariant()
    def each_ended_as_it_was_meant_to(self) -> None:
        """And what is open is open at the broker, too."""
        if getattr(self, "number", 0):
            assert self.ended == self.intended
            assert (self.state.status is TransactionStatus.ONGOING) == self.begun


LateRequests.TestCase.settings = settings(stateful_step_count=40)
TestLateRequests = LateRequests.TestCase
