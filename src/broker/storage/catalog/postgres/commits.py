"""Commits of flushes: the fast form in one round trip, the exact form when it does not do, and the truth when the answer was lost.

K1  One commit of this process is under way at a time, in the order in which they were asked for.
K2  An object holds one flush. An object id that the catalog knows is never committed to again: its row is what tells that a commit happened (I7), and a
    row that says "never" keeps a commit that comes late from happening.
K3  When the outcome is not known, "never" is written for all objects of the commit. Whoever still runs the commit is waited for by the database; then
    either the rows are there and it can never happen, or it did. An object that was deleted since had been committed: its row says so for an hour.
K4  While that cannot be done the outcome stays open. It is settled before anything else is committed, and until then nobody is told that nothing
    happened.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import anyio
import asyncpg
import structlog

from broker.errors import StorageUnavailable
from broker.model import Appended
from broker.storage.catalog.base import CommitGroup
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres.base import CatalogPart, fenced
from broker.storage.catalog.postgres.connecting import Connection
from broker.storage.catalog.postgres.connections import Connections
from broker.storage.catalog.postgres.exact_commits import commit_exactly
from broker.storage.catalog.postgres.failures import DRIVER_ERRORS, OutcomeUnknown, in_words
from broker.storage.catalog.postgres.prepared_commit import PreparedCommit, prepare
from broker.storage.catalog.recent_commits import RecentCommits

_log = structlog.get_logger(__name__)

Answers = list[list[list[Appended]]]
T = TypeVar("T")

_COMMIT: Final = (
    f"SELECT verdict, bases, log_starts FROM commit_spans_v2({', '.join(f'${number}' for number in range(1, 36))})"  # noqa: S608
)
_RESOLVE: Final = "SELECT resolve_commit_v2($1)"
_LAST_COMMIT: Final = "SELECT object_ids, bases, log_starts FROM last_commit WHERE committer = $1"
_OBJECTS: Final = "SELECT object_id, CASE WHEN state <> 9 THEN -1 ELSE size END FROM object WHERE object_id = ANY ($1)"
"""One that is not there (any more) has the size that it was committed with, 0 when it never was."""
_FORGET_OLD: Final = "DELETE FROM last_commit WHERE made < now() - interval '1 day'"
_INLINE: Final = "SELECT bytes FROM inline_object WHERE object_id = $1"
_INLINES: Final = "SELECT object_id, bytes FROM inline_object WHERE object_id = ANY($1::bigint[])"
_KNOWN: Final = "PC001"
_SHORTEST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0


class _ObjectsKnown(Exception):
    """An object of the commit has a row already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class _OpenCommit:
    """A commit of which nobody knows yet what became of it. ``answers`` are what it came to if it is in, where that was known before its end."""

    groups: Sequence[CommitGroup]
    prepared: PreparedCommit | None
    answers: Answers | None


class PostgresCommits(CatalogPart):
    """Implements :class:`broker.storage.catalog.cluster.GroupCommits`, and the commits of :class:`broker.storage.catalog.base.LogCatalog`."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        self._committer = secrets.randbits(63)
        self._turn = anyio.Lock()
        self._recent = RecentCommits()
        self._open: _OpenCommit | None = None

    async def commit_spans(self, group: CommitGroup) -> list[list[Appended]]:
        (answers,) = await self.commit_groups((group,))
        return answers

    async def commit_groups(self, groups: Sequence[CommitGroup]) -> Answers:
        async with self._turn:
            await self._settle_before(groups)
            known = [self._recent.find(group) for group in groups]
            new = [group for group, answers in zip(groups, known, strict=True) if answers is None]
            if new:
                try:
                    committed = iter(await self._commit(new))
                except StorageUnavailable as error:
                    if len(new) < len(groups):
                        raise _in_part() from error
                    raise
                known = [next(committed) if answers is None else answers for answers in known]
            return [answers for answers in known if answers is not None]

    async def read_inline(self, object_id: int) -> bytes:
        """As :meth:`broker.storage.catalog.cluster.GroupCommits.read_inline`."""
        found = await self._connections.fetchval(_INLINE, object_id)
        if found is None:
            raise StorageUnavailable(f"the catalog has no object {object_id}")
        return bytes(found)

    async def read_inlines(self, object_ids: Sequence[int]) -> dict[int, bytes]:
        """As :meth:`broker.storage.catalog.cluster.GroupCommits.read_inlines`."""
        found = {row[0]: row[1] for row in await self._connections.fetch(_INLINES, list(object_ids))}
        for object_id in object_ids:
            if object_id not in found:
                raise StorageUnavailable(f"the catalog has no object {object_id}")
        return found

    async def forget_old_commits(self) -> None:
        """Drop what committers that are long gone have left."""
        await self._connections.fetch(_FORGET_OLD)

    async def _commit(self, groups: Sequence[CommitGroup]) -> Answers:
        """Commit groups that this process does not remember, and remember them."""
        answers: Answers | None = None
        with anyio.CancelScope(shield=True):
            prepared = prepare(groups)
            try:
                answers = None if prepared is None else await self._commit_fast(prepared)
                if answers is None:
                    answers = await self._commit_exactly(groups)
            except _ObjectsKnown:
                answers = await self._answered_before(groups, prepared)
        assert answers is not None, "shielded from the start"
        self._keep_answers(groups, answers)
        return answers

    async def _commit_fast(self, prepared: PreparedCommit) -> Answers | None:
        """None when the rules have to decide batch by batch; nothing was changed then."""
        try:
            ((verdict, bases, log_starts),) = await self._connections.commit_once(_COMMIT, *self._arguments(prepared))
        except asyncpg.PostgresError as error:
            if error.sqlstate == _KNOWN:
                raise _ObjectsKnown from error
            raise
        except OutcomeUnknown as error:
            _log.warning("the database was lost under a commit; looking up what became of it", error=str(error))
            return await self._settle(_OpenCommit(prepared.groups, prepared, None))
        if verdict == "fenced" and self.member is not None:
            raise fenced(self.member)
        return prepared.answered(bases, log_starts) if verdict == "done" else None

    async def _commit_exactly(self, groups: Sequence[CommitGroup]) -> Answers:
        answers: Answers = []
        try:
            async with self._connections.commit(resolve=False) as connection:
                answers = await commit_exactly(connection, groups, self.member)
        except asyncpg.UniqueViolationError as error:
            raise _ObjectsKnown from error
        except OutcomeUnknown as error:
            _log.warning("the database was lost under a commit; looking up what became of it", error=str(error))
            return await self._settle(_OpenCommit(groups, None, answers))
        return answers

    async def _settle_before(self, groups: Sequence[CommitGroup]) -> None:
        """Find out about the commit whose outcome is open, if there is one (K4). Raises what that comes to when ``groups`` are of it, and
        StorageUnavailable when others cannot be committed because it stays open."""
        unsettled = self._open
        if unsettled is None:
            return
        ids = {group.object_id for group in unsettled.groups}
        is_same = any(group.object_id in ids for group in groups)
        with anyio.CancelScope(shield=True):
            try:
                self._keep_answers(unsettled.groups, await self._settle(unsettled))
            except StorageUnavailable:
                if is_same:
                    raise
            except Unresolved as error:
                if is_same:
                    raise
                if self._open is not None:
                    raise StorageUnavailable("what became of an earlier commit is not known yet") from error

    async def _settle(self, unsettled: _OpenCommit) -> Answers:
        """The answers of a commit that is in (K3). Raises StorageUnavailable when it is not and never will be, Unresolved when that cannot be told:
        then the same groups may be asked for again."""
        self._open = unsettled
        ids = sorted(group.object_id for group in unsettled.groups)
        outcome = await self._insist(lambda connection: connection.fetchval(_RESOLVE, ids))
        if outcome == "never":
            self._open = None
            raise StorageUnavailable("the catalog's database was lost under a commit; nothing of it was done")
        if outcome == "mixed":
            self._open = None
            raise _in_part()
        answers = unsettled.answers
        if answers is None and unsettled.prepared is not None:
            answers = await self._told(unsettled.prepared)
        self._open = None
        if answers is None:
            raise _forgotten()
        return answers

    async def _told(self, prepared: PreparedCommit) -> Answers | None:
        """The answers of the latest commit of this process, which is in, from what it left for this case; None when that is gone. Raises Unresolved."""
        row = await self._insist(lambda connection: connection.fetchrow(_LAST_COMMIT, self._committer))
        if row is None or list(row[0]) != [group.object_id for group in prepared.groups]:
            return None
        return prepared.answered(row[1], row[2])

    async def _answered_before(self, groups: Sequence[CommitGroup], prepared: PreparedCommit | None) -> Answers:
        """Some object has a row: the commit happened, or never will (K2). Raises StorageUnavailable only when it never will, and none of its objects is in
        by another one."""
        ids = [group.object_id for group in groups]
        rows = await self._insist(lambda connection: connection.fetch(_OBJECTS, ids))
        ends = {group.object_id: group.position + group.length for group in groups}
        committed = {object_id for object_id, size in rows if size in (-1, ends[object_id])}
        if not committed:
            raise StorageUnavailable("an object of the commit was given up or deleted before")
        if len(committed) < len(groups):
            raise _in_part()
        answers = None if prepared is None else await self._told(prepared)
        if answers is None:
            raise _forgotten()
        return answers

    async def _insist(self, question: Callable[[Connection], Awaitable[T]]) -> T:
        """Ask about a commit that may be in, until there is an answer. Raises Unresolved when that takes too long: nothing else may be said meanwhile,
        least of all that nothing happened."""
        answers: list[T] = []
        pause = _SHORTEST_PAUSE_S
        with anyio.move_on_after(self._connections.options.resolve_s):
            while not answers:
                try:
                    async with self._connections.apart() as connection:
                        answers.append(await question(connection))
                except (StorageUnavailable, *DRIVER_ERRORS) as error:
                    _log.warning("what became of a commit cannot be told yet", error=in_words(error))
                    await anyio.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE_S)
        if not answers:
            raise Unresolved("the catalog's database was lost under a commit, and what became of it could not be asked")
        return answers[0]

    def _keep_answers(self, groups: Sequence[CommitGroup], answers: Answers) -> None:
        for group, own in zip(groups, answers, strict=True):
            self._recent.add({(group.object_id, group.position): own})

    def _arguments(self, prepared: PreparedCommit) -> list[Any]:
        """Those of ``commit_spans_v2``, in its order."""
        groups, spans = prepared.groups, prepared.spans
        logs = [prepared.partitions[pid] for pid in prepared.pids]
        keys = list(prepared.producers)
        states = [prepared.producers[key] for key in keys]
        senders = [prepared.senders[key] for key in keys]
        inline = [group for group in groups if group.inline is not None]
        live = {group.object_id: 0 for group in groups}
        for _, span in spans:
            live[span.object_id] += 1
        remembered = [(number, *each) for number, state in enumerate(states, 1) for each in state.window]
        return [
            None if self.member is None else self.member.node_id,
            None if self.member is None else self.member.epoch,
            self._committer,
            [group.object_id for group in groups],
            [group.position + group.length for group in groups],
            [live[group.object_id] for group in groups],
            [group.object_id for group in inline],
            [bytes(group.inline or b"") for group in inline],
            prepared.pids,
            [log.bounds.high_watermark for log in logs],
            [log.bounds.bytes for log in logs],
            [log.running_timestamp for log in logs],
            [pid for pid, _ in spans],
            [span.object_id for _, span in spans],
            [span.base for _, span in spans],
            [span.last for _, span in spans],
            [span.position for _, span in spans],
            [span.length for _, span in spans],
            [span.max_timestamp for _, span in spans],
            [span.running_timestamp for _, span in spans],
            [span.batch_count for _, span in spans],
            [span.flags for _, span in spans],
            [pid for pid, _ in keys],
            [producer_id for _, producer_id in keys],
            [state.epoch for state in states],
            [sender.first.first_sequence for sender in senders],
            [state.last_sequence for state in states],
            [sender.now_ms for sender in senders],
            [sender.plain for sender in senders],
            [-1 if state.open_first_offset is None else state.open_first_offset for state in states],
            [each[0] for each in remembered],
            [each[1] for each in remembered],
            [each[2] for each in remembered],
            [each[3] for each in remembered],
            [each[4] for each in remembered],
        ]


def _forgotten() -> Unresolved:
    return Unresolved("a commit is in, but what it came to is not known any more")


def _in_part() -> Unresolved:
    return Unresolved("a part of a commit is in by another one; what that came to is not known any more")
