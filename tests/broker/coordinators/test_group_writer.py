"""Changes reach the catalog in the order of each group, and together across groups."""

from collections.abc import Mapping
from typing import Any

import anyio
import pytest
import structlog
from trio.testing import MockClock

from broker.coordinators.group_writer import GroupDelete, GroupSave, GroupWriter, OffsetCommit, OffsetDelete
from broker.errors import BrokerError, StorageFailed
from broker.model import CommittedOffset
from broker.storage.catalog.base import OffsetKey, StoredGroup
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from observability.metrics import REGISTRY
from tests.broker.coordinators.conversation import TroubledCatalog

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Virtual time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Writing:
    """A writer at work, and what was finished in which order."""

    def __init__(self) -> None:
        self.catalog = TroubledCatalog()
        self.writer = GroupWriter(self.catalog)
        self.finished: list[tuple[str, ErrorCode]] = []

    def done(self, name: str) -> Any:
        return lambda error: self.finished.append((name, error))

    def commit(self, group: str, offset: int) -> None:
        key = (group, "t", 0)
        self.writer.enqueue(
            OffsetCommit(group, {key: CommittedOffset(offset=offset)}, self.done(f"commit {group} {offset}"))
        )

    def save(self, group: str, generation: int = 1) -> None:
        stored = StoredGroup(
            group_id=group, protocol_type="consumer", generation=generation, protocol=None, leader=None
        )
        self.writer.enqueue(GroupSave(group, stored, self.done(f"save {group}")))

    def delete(self, group: str) -> None:
        self.writer.enqueue(GroupDelete(group, self.done(f"delete {group}")))

    async def write(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.writer.run)
            await self.writer.drain()
            tasks.cancel_scope.cancel()


async def test_changes_of_one_group_keep_their_order() -> None:
    """What comes after a deletion is not deleted with it, and what came before is."""
    writing = Writing()
    writing.commit("g", 1)
    writing.commit("g", 2)
    writing.delete("g")
    writing.save("g", 5)
    writing.commit("g", 3)
    await writing.write()

    assert [name for name, _ in writing.finished] == ["commit g 1", "commit g 2", "delete g", "save g", "commit g 3"]
    assert {key: offset.offset for key, offset in (await writing.catalog.load_offsets()).items()} == {("g", "t", 0): 3}
    assert [stored.generation for stored in await writing.catalog.load_groups()] == [5]


async def test_groups_do_not_wait_for_each_other() -> None:
    """One round has the first change of every group, all commits in one transaction."""
    writing = Writing()
    for group in ("a", "b", "c"):
        writing.commit(group, 1)
    writing.save("d")
    writing.delete("e")
    await writing.write()

    assert sorted(writing.catalog.calls) == ["commit 3", "delete group e", "save d 1"]


async def test_a_refusal_is_told_as_clients_of_groups_know_it() -> None:
    """To everybody whose change was in it, and nobody else."""
    writing = Writing()
    writing.catalog.failing = True
    writing.commit("a", 1)
    writing.commit("b", 1)
    writing.save("c")
    await writing.write()

    assert {error for _, error in writing.finished} == {ErrorCode.NOT_COORDINATOR}
    assert len(writing.finished) == 3


async def test_keys_to_delete_are_asked_for_when_their_turn_comes() -> None:
    """So that a commit before them is seen; none need no call."""
    writing = Writing()
    writing.commit("g", 1)
    writing.writer.enqueue(
        OffsetDelete("g", lambda: [("g", "t", 0)] if writing.finished else [], writing.done("delete"))
    )
    writing.writer.enqueue(OffsetDelete("g", list, writing.done("nothing")))
    assert writing.writer.waiting_groups() == ["g"]
    await writing.write()

    assert writing.catalog.calls == ["commit 1", "delete 1"]
    assert await writing.catalog.load_offsets() == {}
    assert writing.writer.waiting_groups() == []


async def test_what_is_done_may_bring_the_next_change() -> None:
    """An answer can lead to the same client's next request in place."""
    writing = Writing()
    stored = StoredGroup(group_id="g", protocol_type="", generation=1, protocol=None, leader=None)
    writing.writer.enqueue(GroupSave("g", stored, lambda error: writing.commit("g", 7)))
    await writing.write()

    assert writing.finished == [("commit g 7", ErrorCode.NONE)]


async def test_storage_that_failed_for_good_ends_it() -> None:
    """Nothing is answered: nobody can say what is stored."""
    writing = Writing()

    async def fail(offsets: object) -> None:
        raise StorageFailed("fsync")

    writing.catalog.commit_offsets = fail  # type: ignore[assignment]
    writing.commit("g", 1)
    with pytest.raises(StorageFailed):
        await writing.writer.run()

    assert writing.finished == []


def commits_counted() -> tuple[float, float]:
    """Stored, refused; since the process began."""
    stored = REGISTRY.get_sample_value("penstock_offset_commits_total")
    refused = REGISTRY.get_sample_value("penstock_offset_commit_failures_total")
    assert stored is not None
    assert refused is not None
    return stored, refused


async def test_commits_are_counted_by_what_became_of_them() -> None:
    """Each commit of a group, however many share a transaction."""
    writing = Writing()
    stored, refused = commits_counted()
    writing.commit("a", 1)
    writing.commit("b", 1)
    writing.save("c")
    await writing.write()
    assert commits_counted() == (stored + 2, refused)

    writing.catalog.failing = True
    writing.commit("a", 2)
    writing.save("c")
    await writing.write()
    assert commits_counted() == (stored + 2, refused + 1)


async def test_a_full_disk_is_said_but_does_not_flood_the_log() -> None:
    """Consumers commit again and again meanwhile; the next line that may be written tells how many were not."""
    writing = Writing()
    writing.catalog.failing = True
    with structlog.testing.capture_logs() as lines:
        for offset in range(100):
            writing.commit("g", offset)
            await writing.write()
        first, *others = lines
        assert len(others) < 30
        await anyio.sleep(60)
        writing.commit("g", 100)
        await writing.write()

    assert first["event"] == "storage refuses offset commits; consumers try again"
    assert (first["log_level"], first["error"], first["commits"], first["groups"]) == (
        *("warning", ErrorCode.KAFKA_STORAGE_ERROR.name),
        *(1, 1),
    )
    assert "full" in first["reason"]
    assert lines[-1]["lines_held_back"] == 100 - len(others) - 1


async def test_commits_of_shards_that_are_held_are_tried_again_by_themselves() -> None:
    """One lost shard among them refuses all; only its own are told, and it is said to be lost."""

    class OtherHasOne(TroubledCatalog):
        shared = True

        async def commit_offsets(self, offsets: Mapping[OffsetKey, CommittedOffset]) -> None:
            self.calls.append(",".join(sorted(key[0] for key in offsets)))
            if any(key[0] == "lost" for key in offsets):
                raise BrokerError(ErrorCode.NOT_COORDINATOR)

    catalog, lost = OtherHasOne(), list[int]()
    writer = GroupWriter(catalog, lost.append)
    told: dict[str, ErrorCode] = {}
    for group_id in ("g", "lost", "h"):
        offsets = {(group_id, "t", 0): CommittedOffset(offset=1)}
        writer.enqueue(OffsetCommit(group_id, offsets, lambda error, group_id=group_id: told.update({group_id: error})))  # type: ignore[misc]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run)
        await writer.drain()
        tasks.cancel_scope.cancel()

    assert told == {"g": ErrorCode.NONE, "lost": ErrorCode.NOT_COORDINATOR, "h": ErrorCode.NONE}
    assert catalog.calls == ["g,h,lost", "g", "lost", "h"]
    assert lost == [shard_of("lost")]


async def test_a_group_that_is_given_up_keeps_only_what_is_under_way() -> None:
    """What waits for its turn is refused in order; other groups are not concerned."""
    catalog = TroubledCatalog()
    catalog.gate = anyio.Event()
    writer = GroupWriter(catalog)
    told: list[tuple[str, int, ErrorCode]] = []

    def commit(group_id: str, number: int) -> None:
        offsets = {(group_id, "t", 0): CommittedOffset(offset=number)}
        writer.enqueue(OffsetCommit(group_id, offsets, lambda error: told.append((group_id, number, error))))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.run)
        commit("g", 1)
        await anyio.wait_all_tasks_blocked()
        for group_id, number in (("g", 2), ("h", 3), ("g", 4)):
            commit(group_id, number)
        writer.give_up(lambda group_id: group_id == "g")
        assert told == [("g", 2, ErrorCode.NOT_COORDINATOR), ("g", 4, ErrorCode.NOT_COORDINATOR)]
        async with anyio.create_task_group() as drains:
            drains.start_soon(writer.drain_those, lambda group_id: group_id == "g")
            await anyio.wait_all_tasks_blocked()
            catalog.gate.set()
        await writer.drain()
        tasks.cancel_scope.cancel()

    assert told[2:] == [("g", 1, ErrorCode.NONE), ("h", 3, ErrorCode.NONE)]
