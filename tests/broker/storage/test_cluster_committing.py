"""Groups of a broker in a cluster: uploaded side by side, committed in order, refused without letting anything overtake."""

import gc
import re
import traceback
import weakref
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
import trio.testing

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import SpanQuery
from broker.storage.catalog.cluster import Fenced, Unresolved
from broker.storage.cluster_committing import GROUPS_A_COMMIT, INLINE_IDS_A_LEASE, ClusterCommitter
from broker.storage.committing import UnstoredGroup
from broker.storage.objects.base import INLINE_OBJECTS, TocEntry
from broker.storage.recovery import entry_of
from broker.storage.sequence_holes import UNDER_WAY_S
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import parse_header
from broker.wire.records.record import Record, encode_batch
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.cloud import CloudStore, SharedCatalog, fenced, held, takes

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Virtual time: an upload of minutes takes no time."""
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


def text_batch(text: str, sequence: int = -1, producer: int = -1) -> bytearray:
    """One record; of a producer when there is a sequence."""
    identity: dict[str, Any] = {} if sequence < 0 else {"producer_id": producer, "producer_epoch": 0, "base_sequence": sequence}
    return encode_batch([Record(0, 1, None, b"<%s>" % text.encode())], **identity)


class Watched(bytearray):
    """Of which it can be told whether it is still there."""


@dataclass
class Stage:
    """A committer, and what became of the groups given to it, in the order in which that was told."""

    tasks: Any
    pids: tuple[int, ...]
    store: CloudStore = field(default_factory=CloudStore)
    catalog: SharedCatalog = field(default_factory=SharedCatalog)
    fences: int = 0
    told: list[str] = field(default_factory=list)
    outcomes: dict[str, list[Appended] | BaseException] = field(default_factory=dict)
    news: anyio.Event = field(default_factory=anyio.Event)

    def __post_init__(self) -> None:
        self.committer = ClusterCommitter(
            self.store, self.catalog, slots=3, retry_s=10, on_fenced=self._on_fenced, clock=trio.current_time
        )

    def _on_fenced(self) -> None:
        self.fences += 1

    async def send(self, name: str, *batches: tuple[int, bytearray], inline: bool = False) -> None:
        """Give a group and let its task begin."""
        self.send_now(name, *batches, inline=inline)
        await anyio.sleep(0.001)

    def send_now(self, name: str, *batches: tuple[int, bytearray], inline: bool = False) -> None:
        """Give a group of batches of one partition each; without any, one plain batch with its name."""
        batches = batches or ((self.pids[0], text_batch(name)),)
        parts, toc, entries, at = [], [], [], 0
        for pid, data in batches:
            if toc and toc[-1].pid == pid:
                toc[-1] = TocEntry(pid, toc[-1].offset, toc[-1].length + len(data))
                entries[-1].append(entry_of(parse_header(data)))
            else:
                toc.append(TocEntry(pid, at, len(data)))
                entries.append([entry_of(parse_header(data))])
            parts.append(data)
            at += len(data)
        committing = self.committer.commit(UnstoredGroup(parts, toc, entries, 1000, inline))
        self.tasks.start_soon(self._wait, name, committing)

    async def _wait(self, name: str, committing: Any) -> None:
        try:
            self.outcomes[name] = [answer for of_pid in await committing for answer in of_pid]
        except (BrokerError, StorageFailed) as error:
            self.outcomes[name] = error
        self.told.append(name)
        self.news.set()

    async def settled(self, *names: str) -> None:
        while not self.outcomes.keys() >= set(names):
            self.news = anyio.Event()
            await self.news.wait()

    def codes(self, name: str) -> list[int]:
        outcome = self.outcomes[name]
        assert isinstance(outcome, list), outcome
        return [answer.error_code for answer in outcome]

    def bases(self, name: str) -> list[int]:
        outcome = self.outcomes[name]
        assert isinstance(outcome, list), outcome
        return [answer.base_offset for answer in outcome]

    async def texts(self, pid: int | None = None) -> list[str]:
        """What the log holds."""
        (answer,) = await self.catalog.find_spans([SpanQuery(pid or self.pids[0], 0, 10**6)])
        found = []
        for span in answer.spans:
            if span.object_id >= INLINE_OBJECTS:
                data = (await self.catalog.read_inline(span.object_id))[span.position : span.position + span.length]
            else:
                (view,) = await self.store.read(span.object_id, [(span.position, span.length)])
                data = bytes(view)
            found += [text.decode() for text in re.findall(rb"<(\w[\w ]*)>", data)]
        return found


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with anyio.create_task_group() as tasks:
        stage = Stage(tasks, ())
        stage.pids = await topic(stage.catalog, 2)
        yield stage
        tasks.cancel_scope.cancel()


async def test_the_order_of_the_calls_is_the_order_of_the_log(stage: Stage) -> None:
    """A group whose upload is done waits for those before it."""
    stage.store.steps.extend([takes(9), takes(5), takes(1)])
    for name in ("slow", "medium", "fast"):
        await stage.send(name)
    await anyio.sleep(8.9)
    assert not stage.told
    await stage.settled("slow", "medium", "fast")
    assert trio.current_time() == pytest.approx(9, abs=0.1)
    assert await stage.texts() == ["slow", "medium", "fast"]


async def test_the_call_itself_takes_the_place(stage: Stage) -> None:
    """In whatever order the tasks begin that wait for them."""
    for number in range(20):
        stage.send_now(str(number))
    await stage.settled(*map(str, range(20)))
    assert await stage.texts() == [str(number) for number in range(20)]


async def test_uploads_run_side_by_side_within_the_slots(stage: Stage) -> None:
    """Six uploads of a second in three slots take two seconds."""
    stage.store.seconds = 1
    for number in range(6):
        await stage.send(str(number))
    await stage.settled(*map(str, range(6)))
    assert trio.current_time() == pytest.approx(2, abs=0.1)
    assert stage.store.most_at_once == 3


async def test_one_commit_takes_all_that_are_stored(stage: Stage) -> None:
    """While one is under way the next ones gather, and none is under way beside it."""
    stage.catalog.seconds = 1
    for number in range(5):
        await stage.send(str(number))
        await anyio.sleep(0.1)
    await stage.settled(*map(str, range(5)))
    assert [len(groups) for groups in stage.catalog.commits] == [1, 4]
    assert [stage.bases(str(number)) for number in range(5)] == [[number] for number in range(5)]


async def test_a_commit_takes_so_many_groups_and_no_more(stage: Stage) -> None:
    """A transaction is bounded, whatever waits."""
    gate = anyio.Event()
    stage.catalog.before.append(held(gate))
    for number in range(GROUPS_A_COMMIT + 5):
        await stage.send(str(number), inline=True)
    await anyio.sleep(1)
    gate.set()
    await stage.settled(str(GROUPS_A_COMMIT + 4))
    assert max(len(groups) for groups in stage.catalog.commits) == GROUPS_A_COMMIT
    assert await stage.texts() == [str(number) for number in range(GROUPS_A_COMMIT + 5)]


async def test_uploads_go_on_while_a_commit_is_under_way(stage: Stage) -> None:
    """The two are pipelined."""
    stage.store.seconds = stage.catalog.seconds = 1
    for number in range(2):
        await stage.send(str(number))
        await anyio.sleep(0.9)
    await stage.settled("0", "1")
    assert trio.current_time() == pytest.approx(3, abs=0.1)


async def test_a_small_group_needs_no_object(stage: Stage) -> None:
    """The catalog keeps its bytes, under an id that no other has."""
    await stage.send("small", inline=True)
    await stage.send("other", inline=True)
    await stage.settled("small", "other")
    assert stage.store.begun == 0
    ids = [group.object_id for groups in stage.catalog.commits for group in groups]
    assert ids == [INLINE_OBJECTS, INLINE_OBJECTS + 1]
    assert await stage.texts() == ["small", "other"]


async def test_ids_that_an_earlier_server_leased_are_not_used(stage: Stage) -> None:
    """The one that has the catalog now may lack the lease, and give them to another broker."""
    await stage.send("before", inline=True)
    stage.catalog.incarnation += 1
    await stage.send("behind", inline=True)
    await stage.settled("before", "behind")
    ids = [group.object_id - INLINE_OBJECTS for groups in stage.catalog.commits for group in groups]
    assert ids == [0, INLINE_IDS_A_LEASE]
    assert stage.catalog.leases == ids


async def test_an_upload_that_fails_is_tried_again(stage: Stage) -> None:
    """Groups behind it wait, and their producers notice nothing."""
    stage.store.steps.append(takes(1, StorageUnavailable("503 Slow Down")))
    await stage.send("first")
    await anyio.lowlevel.checkpoint()
    await stage.send("second")
    await stage.settled("first", "second")
    assert await stage.texts() == ["first", "second"]


async def test_what_was_not_committed_is_stored_under_another_id(stage: Stage) -> None:
    """All groups of the transaction, in their order; the objects that nothing will ever name are deleted."""
    gate = anyio.Event()
    stage.catalog.before.extend([takes(0.5), takes(1, StorageUnavailable("rolled back"))])
    for name in ("0", "1", "2"):
        await stage.send(name)
        await anyio.sleep(0.1)
    await stage.send("kept by the catalog", inline=True)
    gate.set()
    await stage.settled("0", "1", "2", "kept by the catalog")
    assert await stage.texts() == ["0", "1", "2", "kept by the catalog"]
    assert len(stage.catalog.never) == 3
    assert sorted(stage.store.withdrawn) == sorted(each for each in stage.catalog.never if each < INLINE_OBJECTS)
    assert not set(stage.store.object_ids) & stage.catalog.never


async def test_a_group_that_cannot_be_committed_takes_no_other_along(stage: Stage) -> None:
    """After a failure groups are committed one by one: only that at fault is refused."""
    real = stage.catalog.commit_groups

    async def commit_groups(groups: Any) -> Any:
        if any(group.length > 5000 for group in groups):
            stage.catalog.before.append(takes(0, StorageUnavailable("too large a value")))
        return await real(groups)

    stage.catalog.commit_groups = commit_groups  # type: ignore[method-assign]
    gate = anyio.Event()
    stage.catalog.before.append(held(gate))
    await stage.send("0")
    await anyio.sleep(0.1)
    for name in ("1", "x" * 5000, "2"):
        await stage.send(name)
    await anyio.sleep(0.1)
    gate.set()
    await stage.settled("1", "x" * 5000, "2")
    assert isinstance(stage.outcomes["x" * 5000], StorageUnavailable)
    assert await stage.texts() == ["0", "1", "2"]


async def test_a_store_that_stays_away_is_a_refusal(stage: Stage) -> None:
    """After so many seconds the producer is told; nothing of the group is left, and the next one works."""
    stage.store.steps.extend([takes(0.1, StorageUnavailable("no route to host"))] * 100)
    await stage.send("refused")
    await stage.settled("refused")
    assert isinstance(stage.outcomes["refused"], StorageUnavailable)
    assert 8 < trio.current_time() <= 10.1
    stage.store.steps.clear()
    await stage.send("next")
    await stage.settled("next")
    assert await stage.texts() == ["next"]
    assert len(stage.store.object_ids) == 1


async def test_a_catalog_that_stays_away_is_a_refusal(stage: Stage) -> None:
    """And everything stored meanwhile is deleted again, if the store lets it."""
    stage.catalog.before.extend([takes(0.1, StorageUnavailable("connection refused"))] * 100)
    await stage.send("refused")
    await stage.settled("refused")
    assert isinstance(stage.outcomes["refused"], StorageUnavailable)
    assert stage.store.object_ids == []
    stage.store.withdraw_error = StorageUnavailable("nor does the store")
    await stage.send("refused too")
    await stage.settled("refused too")
    assert isinstance(stage.outcomes["refused too"], StorageUnavailable)


async def test_nothing_of_a_producer_overtakes_a_refused_batch(stage: Stage) -> None:
    """A log that knows nothing of a producer takes any first sequence: what is in flight behind the refused batch must not be it. Other batches
    of the same groups are committed."""
    first, other = stage.pids
    stage.store.steps.extend([takes(0.1, StorageUnavailable("503"))] + [takes(0.1)] * 3 + [takes(0.1, StorageUnavailable("503"))] * 40)
    await stage.send("0", (first, text_batch("0", 0, producer=7)))
    await anyio.sleep(0.01)
    await stage.send("1", (first, text_batch("1", 1, producer=7)), (first, text_batch("plain")), (other, text_batch("there", 0, producer=7)))
    await stage.send("2", (first, text_batch("2a", 0, producer=8)), (first, text_batch("2b", 2, producer=7)), (first, text_batch("2c", 1, producer=8)))
    await stage.send("3", (first, text_batch("3", 3, producer=7)))
    await stage.settled("0", "1", "2", "3")
    assert isinstance(stage.outcomes["0"], StorageUnavailable)
    held_back = int(ErrorCode.KAFKA_STORAGE_ERROR)
    assert stage.codes("1") == [held_back, 0, 0]
    assert stage.codes("2") == [0, held_back, 0]
    assert stage.codes("3") == [held_back]
    assert await stage.texts() == ["plain", "2a", "2c"]
    assert await stage.texts(other) == ["there"]
    stage.store.steps.clear()
    for index, sequence in enumerate((2, 0, 1, 2, 3)):
        await stage.send(f"again {index}", (first, text_batch(str(sequence), sequence, producer=7)))
        await stage.settled(f"again {index}")
    assert stage.codes("again 0") == [held_back]
    assert await stage.texts() == ["plain", "2a", "2c", "0", "1", "2", "3"]


async def test_an_object_of_which_everything_is_held_back_goes(stage: Stage) -> None:
    """The catalog never hears of it; one of which anything is committed stays."""
    (pid, _) = stage.pids
    stage.store.steps.extend([takes(0, StorageUnavailable("503"))] * 100)
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("0")
    stage.store.steps.clear()
    await stage.send("1", (pid, text_batch("1", 1, producer=7)))
    await stage.send("2", (pid, text_batch("2", 2, producer=7)), (pid, text_batch("plain")))
    await stage.send("3", (pid, text_batch("3", 3, producer=7)), inline=True)
    await stage.settled("1", "2", "3")
    held_back = int(ErrorCode.KAFKA_STORAGE_ERROR)
    assert (stage.codes("1"), stage.codes("2"), stage.codes("3")) == ([held_back], [held_back, 0], [held_back])
    assert len(stage.store.withdrawn) == len(stage.store.object_ids) == 1
    assert await stage.texts() == ["plain"]


async def test_a_repeated_batch_that_is_not_committed_fills_no_hole(stage: Stage) -> None:
    """What lies before it in the line was held back, and is held back again."""
    (pid, _) = stage.pids
    stage.store.steps.extend([takes(0.1, StorageUnavailable("503"))] * 100)
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.send("1", (pid, text_batch("1", 1, producer=7)), inline=True)
    await stage.send("again", (pid, text_batch("0", 0, producer=7)), inline=True)
    stage.catalog.before.append(takes(0.1, StorageUnavailable("rolled back")))
    await stage.settled("0", "1", "again")
    assert isinstance(stage.outcomes["0"], StorageUnavailable)
    assert stage.codes("1") == [int(ErrorCode.KAFKA_STORAGE_ERROR)]
    assert stage.bases("again") == [0]


async def test_a_producer_that_the_log_knows_is_left_to_the_catalog(stage: Stage) -> None:
    """What was refused may have been a copy that nobody sends again."""
    (pid, _) = stage.pids
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("0")
    stage.store.steps.extend([takes(0.1, StorageUnavailable("503"))] * 100)
    await stage.send("copy", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("copy")
    stage.store.steps.clear()
    await stage.send("1", (pid, text_batch("1", 1, producer=7)))
    await stage.settled("1")
    assert stage.bases("1") == [1]


async def test_a_fenced_broker_refuses_everything_until_it_is_back(stage: Stage) -> None:
    """What is being committed, stored, waiting, and what still comes; under ids of the new epoch it goes on."""
    stage.store.steps.extend([takes(0), takes(0.2), takes(3600)])
    stage.catalog.before.append(takes(1, fenced()))
    for name in ("committing", "stored", "uploading"):
        await stage.send(name)
        await anyio.sleep(0.1)
    await stage.send("inline", inline=True)
    await stage.settled("committing", "stored", "uploading", "inline")
    assert trio.current_time() < 2
    await stage.send("late")
    await stage.settled("late")
    assert {type(outcome) for outcome in stage.outcomes.values()} == {Fenced}
    assert {outcome.code for outcome in stage.outcomes.values() if isinstance(outcome, BrokerError)} == {ErrorCode.NOT_LEADER_OR_FOLLOWER}
    assert stage.fences == 1
    assert stage.store.withdrawn == []  # whether one of them is in the log only the catalog knows

    stage.committer.resume()
    stage.store.steps.clear()
    for name in ("back", "back again"):
        await stage.send(name, inline=True)
    await stage.settled("back", "back again")
    assert await stage.texts() == ["back", "back again"]
    assert len(stage.catalog.leases) == 2


async def test_what_is_refused_under_a_fence_is_let_go_of(stage: Stage) -> None:
    """Each is told by an error of its own: one that was raised again and again would keep what it was raised through until the broker is back."""
    (pid, _) = stage.pids
    stage.catalog.before.append(takes(0, fenced()))
    watched = []
    for number in range(30):
        data = Watched(text_batch(str(number)))
        watched.append(weakref.ref(data))
        await stage.send(str(number), (pid, data))
        del data
    await stage.settled(*map(str, range(30)))
    told = [outcome for outcome in stage.outcomes.values() if isinstance(outcome, Fenced)]
    assert {(each.code, each.message) for each in told} == {(ErrorCode.NOT_LEADER_OR_FOLLOWER, fenced().message)}
    assert len({id(each) for each in told}) == 30
    assert max(len(traceback.extract_tb(each.__traceback__)) for each in told) < 5
    del told
    stage.outcomes.clear()
    gc.collect()
    assert [each() for each in watched if each() is not None] == []


async def test_two_may_fence_at_once(stage: Stage) -> None:
    """Both return when nothing is being committed any more."""
    stage.catalog.before.append(takes(1))
    await stage.send("committing")
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stage.committer.fence)
            tasks.start_soon(stage.committer.fence)
    assert trio.current_time() == pytest.approx(1, abs=0.1)
    await stage.settled("committing")
    assert stage.bases("committing") == [0]


async def test_batches_behind_a_fence_do_not_overtake_either(stage: Stage) -> None:
    """A producer's later batches that arrive after the broker is back wait for the earlier ones to be sent again."""
    (pid, _) = stage.pids
    stage.catalog.before.append(takes(0, fenced()))
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("0")
    await stage.send("1", (pid, text_batch("1", 1, producer=7)))
    await stage.settled("1")
    stage.committer.resume()
    await stage.send("2", (pid, text_batch("2", 2, producer=7)))
    await stage.settled("2")
    assert stage.codes("2") == [int(ErrorCode.NOT_LEADER_OR_FOLLOWER)]
    await stage.send("again", *((pid, text_batch(str(sequence), sequence, producer=7)) for sequence in range(3)))
    await stage.settled("again")
    assert await stage.texts() == ["0", "1", "2"]


async def test_a_commit_under_way_when_the_store_says_fenced_is_answered_by_the_catalog(stage: Stage) -> None:
    """It may have come before the fence."""
    stage.catalog.before.append(takes(1))
    await stage.send("committing")
    await anyio.sleep(0.1)
    stage.store.steps.append(takes(0, fenced()))
    await stage.send("ids refused")
    await stage.settled("ids refused")
    assert stage.fences == 1
    assert "committing" not in stage.outcomes
    await stage.settled("committing")
    assert stage.bases("committing") == [0]


async def test_a_commit_that_did_not_happen_under_a_fence_is_refused(stage: Stage) -> None:
    """It is not tried again under an epoch that is gone."""
    stage.catalog.before.append(takes(1, StorageUnavailable("gone")))
    await stage.send("committing")
    await anyio.sleep(0.1)
    stage.catalog.lease_error = fenced()
    await stage.send("no ids", inline=True)
    await stage.settled("committing", "no ids")
    assert isinstance(stage.outcomes["committing"], Fenced)
    assert await stage.texts() == []


async def test_a_fence_that_is_over_before_the_commit_under_way_is(stage: Stage) -> None:
    """New groups wait behind it, in order."""
    stage.catalog.before.append(takes(1))
    await stage.send("old")
    await anyio.sleep(0.1)
    stage.store.steps.append(takes(0, fenced()))
    await stage.send("refused")
    await stage.settled("refused")
    stage.committer.resume()
    await stage.send("new")
    await stage.settled("old", "new")
    assert await stage.texts() == ["old", "new"]


async def test_a_commit_of_which_nothing_is_known_is_asked_for_again(stage: Stage) -> None:
    """Under the same ids: it may be in."""
    stage.catalog.before.append(takes(0.1, Unresolved("the database was lost")))
    stage.catalog.after.append(takes(0.1, Unresolved("the database was lost")))
    await stage.send("0")
    await stage.settled("0")
    assert stage.bases("0") == [0]
    assert stage.store.begun == 1
    assert await stage.texts() == ["0"]


async def test_a_commit_of_which_nothing_can_be_known_is_refused_and_its_object_kept(stage: Stage) -> None:
    """It may be in, or come in late; nothing of the producer overtakes it meanwhile, and what it sends again is a duplicate then."""
    (pid, _) = stage.pids
    stage.catalog.after.extend([takes(0.1, Unresolved("the database was lost"))] * 20)
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("0")
    assert isinstance(stage.outcomes["0"], Unresolved)
    stage.catalog.after.clear()
    await stage.send("again", (pid, text_batch("0", 0, producer=7)), (pid, text_batch("1", 1, producer=7)))
    await stage.settled("again")
    assert stage.bases("again") == [0, 1]
    assert stage.store.withdrawn == []
    assert await stage.texts() == ["0", "1"]


async def test_each_is_told_by_an_error_of_its_own(stage: Stage) -> None:
    """Of those that were committed together as well."""
    stage.catalog.before.append(takes(1))
    stage.catalog.before.extend([takes(0.1, Unresolved("the database was lost"))] * 20)
    for name in "012":
        await stage.send(name)
    await stage.settled(*"012")
    one, other = stage.outcomes["1"], stage.outcomes["2"]
    assert isinstance(one, Unresolved)
    assert isinstance(other, Unresolved)
    assert one is not other
    assert (one.code, one.message, str(one)) == (other.code, other.message, str(other))


async def test_nobody_is_told_of_a_gap_that_may_not_be_there(stage: Stage) -> None:
    """What became of the first batch is not known, and it is in: had the producer been told that the one behind it is out of order, it would have taken
    the first for lost, and sent it anew under another producer id."""
    (pid, _) = stage.pids
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    await stage.settled("0")
    stage.catalog.after.extend([takes(0.1, Unresolved("the database was lost"))] * 20)
    await stage.send("1", (pid, text_batch("1", 1, producer=7)))
    await stage.settled("1")
    stage.catalog.after.clear()
    await stage.send("3", (pid, text_batch("3", 3, producer=7)))
    await stage.settled("3")
    assert stage.codes("3") == [int(ErrorCode.REQUEST_TIMED_OUT)]
    await stage.send("again", *((pid, text_batch(str(sequence), sequence, producer=7)) for sequence in range(1, 4)))
    await stage.settled("again")
    assert stage.bases("again") == [1, 2, 3]


async def test_a_batch_that_comes_before_the_one_sent_before_it_waits_for_it(stage: Stage) -> None:
    """Another broker may have that one. After as long as requests are under way the gap is told."""
    (pid, _) = stage.pids
    await stage.send("0", (pid, text_batch("0", 0, producer=7)))
    for index, sequence in enumerate((2, 3, 2, 1, 2, 3)):
        await stage.send(f"try {index}", (pid, text_batch(str(sequence), sequence, producer=7)))
        await stage.settled(f"try {index}")
    held_back = int(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    assert [stage.codes(f"try {index}")[0] for index in range(6)] == [held_back, held_back, held_back, 0, 0, 0]
    await stage.send("5", (pid, text_batch("5", 5, producer=7)))
    await anyio.sleep(UNDER_WAY_S)
    await stage.send("5 again", (pid, text_batch("5", 5, producer=7)))
    await stage.settled("5", "5 again")
    assert stage.codes("5") == [held_back]
    assert stage.codes("5 again") == [int(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)]
    assert await stage.texts() == ["0", "1", "2", "3"]


async def test_a_fence_ends_the_asking(stage: Stage) -> None:
    """What became of it is for the next epoch to see."""
    stage.catalog.before.extend([takes(0.1, Unresolved("the database was lost"))] * 20)
    await stage.send("0")
    await anyio.sleep(0.5)
    await stage.committer.fence()
    await stage.settled("0")
    assert isinstance(stage.outcomes["0"], Fenced)
    assert trio.current_time() < 2


async def test_storage_that_has_failed_is_told_to_everybody_in_the_commit(stage: Stage) -> None:
    """Durability can no longer be promised; the broker stops."""
    stage.catalog.before.extend([takes(1), takes(0, StorageFailed("lost"))])
    for name in ("0", "1", "2"):
        await stage.send(name)
        await anyio.sleep(0.1)
    await stage.settled("0", "1", "2")
    assert stage.bases("0") == [0]
    assert isinstance(stage.outcomes["1"], StorageFailed)
    assert isinstance(stage.outcomes["2"], StorageFailed)


async def test_a_refusal_that_is_no_want_of_storage_is_passed_on(stage: Stage) -> None:
    """As the catalog said it, once there is no time left to try again."""
    stage.catalog.before.extend([takes(1, BrokerError(ErrorCode.INVALID_RECORD, "no"))] * 20)
    await stage.send("bad")
    await stage.settled("bad")
    outcome = stage.outcomes["bad"]
    assert isinstance(outcome, BrokerError)
    assert outcome.code == ErrorCode.INVALID_RECORD


async def test_a_call_that_is_cancelled_leaves_the_line(stage: Stage) -> None:
    """Those behind it go on."""
    stage.store.steps.extend([takes(3600), takes(1)])
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            stage.tasks, others = tasks, stage.tasks
            await stage.send("given up")
            stage.tasks = others
            await stage.send("behind")
            await anyio.sleep(2)
            assert "behind" not in stage.outcomes
            scope.cancel()
    await stage.settled("behind")
    assert await stage.texts() == ["behind"]
