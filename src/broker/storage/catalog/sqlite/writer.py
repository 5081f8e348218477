"""The one thread that writes to the catalog: everything that gathered while it was busy becomes one transaction.

T1  Memory is changed only after the commit succeeded (:meth:`LogState.publish`), and before any caller hears of it.
T2  When a commit fails, nothing of its transaction is visible, in memory or on disk, and every caller is told.
T3  After an I/O error nothing is ever tried again: whether the last commit is on disk cannot be known.
T4  A job that is refused leaves nothing behind, and the other jobs of its transaction do not notice.

T5  A commit is durable before it is published, but for a round of commit groups alone when those are recoverable: their records
    are durable, and what the database loses of them is committed again at the next start, with the same outcome. Hence the order:
    commits reach the disk in the order they were made, so any durable one has all before it durable with it.

A round of appends and committed offsets alone is a single statement that is its own transaction.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from broker.errors import BrokerError, StorageFailed, StorageUnavailable
from broker.model import Appended, CommittedOffset
from broker.storage.batching_thread import BatchingThread, Job
from broker.storage.catalog.base import CommitGroup, OffsetKey
from broker.storage.catalog.log_state import LogState
from broker.storage.catalog.recent_commits import RecentCommits
from broker.storage.catalog.sqlite import schema, trimming
from broker.storage.catalog.sqlite.failures import meaning
from broker.storage.catalog.sqlite.transaction import Transaction

CHECKPOINT_AFTER_ROWS: Final = 4000
_TRIM_SPANS: Final = 500

Answer = TypeVar("Answer")
Work = Callable[[Transaction], object]
Offsets = dict[OffsetKey, CommittedOffset]


@dataclass(frozen=True, slots=True)
class StoreFirst:
    """A group whose bytes are stored by the writer's thread itself: ``write`` makes them durable and says what to commit; ``withdraw``
    takes them back when that is refused. Both block, and raise StorageUnavailable or StorageFailed."""

    write: Callable[[], CommitGroup]
    withdraw: Callable[[CommitGroup], None]


Request = CommitGroup | StoreFirst | Offsets | Work


class CatalogWriter:
    """Owns the writing connection and the log state that it keeps in step with the database."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, state: LogState, trims: dict[int, int], recoverable: bool = False
    ) -> None:
        self._connection = connection
        self._recoverable = recoverable
        self._flushes = True
        self._path = path
        self._state = state
        self._trims = deque(trims.items())
        self._recent = RecentCommits()
        self._failure: str | None = None
        self._short_of_room = False
        self._rows_at_checkpoint = connection.total_changes
        self._checkpointer = ThreadPoolExecutor(1, "catalog-checkpointer")
        self._checkpoint: Future[None] | None = None
        self._thread: BatchingThread[Request, object] = BatchingThread("catalog-writer", self._serve, self._rest)

    async def commit_group(self, group: CommitGroup) -> list[list[Appended]]:
        """Make a group visible; answers as :meth:`LogCatalog.commit_spans` gives them."""
        return cast("list[list[Appended]]", await self._thread.run(group))

    async def store_and_commit(self, request: StoreFirst) -> list[list[Appended]]:
        """The same for a group that is not stored yet, without a way back to the event loop in between."""
        return cast("list[list[Appended]]", await self._thread.run(request))

    async def commit_offsets(self, offsets: Offsets) -> None:
        """Store offsets of consumer groups."""
        await self._thread.run(offsets)

    async def run(self, work: Callable[[Transaction], Answer]) -> Answer:
        """Anything else: ``work`` runs on the writer's thread and may raise BrokerError to undo what it did."""
        return cast("Answer", await self._thread.run(work))

    async def aclose(self) -> None:
        """Finish what is queued and fold the write-ahead log into the main file."""
        await self._thread.aclose()
        self._checkpointer.shutdown()
        try:
            if self._failure is None:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            # The write-ahead log stays and is read at the next start.
            pass
        finally:
            self._connection.close()

    # On the writer's thread

    def _serve(self, jobs: list[Job[Request, object]]) -> None:
        """One round, or more when several groups are still to be stored: only the last one stored can be withdrawn."""
        start, storing = 0, False
        for index, job in enumerate(jobs):
            if isinstance(job.request, StoreFirst):
                if storing:
                    self._serve_round(jobs[start:index])
                    start = index
                storing = True
        self._serve_round(jobs[start:])

    def _serve_round(self, jobs: list[Job[Request, object]]) -> None:
        if self._failure is not None:
            _fail(jobs, StorageFailed(self._failure))
            return
        stored = self._store(jobs)
        jobs = [job for job in jobs if job.error is None]
        if not jobs:
            return
        transaction = Transaction(self._connection, self._state)
        try:
            self._flush_commits(not (self._recoverable and all(isinstance(job.request, CommitGroup) for job in jobs)))
            if any(callable(job.request) for job in jobs):
                self._connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._run(transaction, job)
            transaction.flush()
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            transaction.drop()
            self._roll_back()
            _fail(jobs, self._judge(error))
            _withdraw(stored)
            return
        except BaseException as error:  # a bug; also those whose part was done already must hear that it was undone (T2)
            transaction.drop()
            self._roll_back()
            for job in jobs:
                job.error = error
            _withdraw(stored)
            raise
        self._state.publish(transaction.changes)
        self._trims.extend(transaction.trims.items())
        self._recent.add(transaction.answers)
        _withdraw(stored)

    def _store(self, jobs: list[Job[Request, object]]) -> "_Stored | None":
        """Store the group that is still to be stored, if there is one; from then on its job is to commit it."""
        for job in jobs:
            request = job.request
            if isinstance(request, StoreFirst):
                try:
                    job.request = request.write()
                except (StorageUnavailable, StorageFailed) as error:
                    job.error = error
                    return None
                return _Stored(job, job.request, request.withdraw)
        return None

    def _flush_commits(self, wanted: bool) -> None:
        """Whether commits wait for the disk from now on (T5)."""
        if wanted != self._flushes:
            self._connection.execute("PRAGMA synchronous = FULL" if wanted else "PRAGMA synchronous = NORMAL")
            self._flushes = wanted

    def _run(self, transaction: Transaction, job: Job[Request, object]) -> None:
        request = job.request
        try:
            if isinstance(request, CommitGroup):
                known = self._recent.find(request)
                job.result = transaction.commit_group(request) if known is None else known
            elif isinstance(request, dict):
                transaction.commit_offsets(request)
            else:
                assert not isinstance(request, StoreFirst), "stored by now"
                job.result = self._run_work(transaction, request)
        except BrokerError as refusal:
            job.error = refusal
        except sqlite3.Error as error:
            if meaning(error) is not None or not callable(request):
                raise
            job.error = error

    def _run_work(self, transaction: Transaction, work: Work) -> object:
        inner = transaction.nested()
        self._connection.execute("SAVEPOINT job")
        try:
            result = work(inner)
            transaction.merge(inner)
        except BaseException:
            inner.drop()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO job")
                self._connection.execute("RELEASE job")
            raise
        self._connection.execute("RELEASE job")
        return result

    def _rest(self, idle: bool) -> bool:
        """Upkeep between rounds: spans of deleted data, and checkpoints."""
        if self._failure is not None:
            return False
        try:
            self._trim_some()
            self._checkpoint_when_due()
        except sqlite3.Error as error:
            self._roll_back()
            self._judge(error)
            # A full disk: the next round tries again.
            self._checkpoint = None
            return False
        return bool(self._trims)

    def _trim_some(self) -> None:
        if not self._trims:
            return
        pid, below = self._trims[0]
        transaction = Transaction(self._connection, self._state)
        self._flush_commits(True)
        self._connection.execute("BEGIN IMMEDIATE")
        done = trimming.drop_spans(transaction, pid, below, _TRIM_SPANS)
        if done:
            trimming.finish(transaction, pid, below)
        transaction.flush()
        self._connection.execute("COMMIT")
        self._state.publish(transaction.changes)
        if done:
            self._trims.popleft()

    def _checkpoint_when_due(self) -> None:
        """A checkpoint on a connection of its own does not hold up commits, but never quite catches up with them; the rest is
        small and done here, so that the write-ahead log can start over. On a full disk that is the room there still is."""
        if self._short_of_room:
            self._short_of_room = False
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if self._checkpoint is not None:
            if self._checkpoint.done():
                self._checkpoint.result()
                self._checkpoint = None
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._rows_at_checkpoint = self._connection.total_changes
        elif self._connection.total_changes - self._rows_at_checkpoint >= CHECKPOINT_AFTER_ROWS:
            self._checkpoint = self._checkpointer.submit(_checkpoint, self._path)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                self._failure = f"the catalog cannot roll back: {error}"

    def _judge(self, error: sqlite3.Error) -> Exception:
        meant = meaning(error)
        if isinstance(meant, StorageFailed):
            self._failure = str(meant)
        self._short_of_room = isinstance(meant, StorageUnavailable)
        return meant or error


@dataclass(frozen=True, slots=True)
class _Stored:
    """The group of this round whose bytes were stored in it."""

    job: Job[Request, object]
    group: CommitGroup
    withdraw: Callable[[CommitGroup], None]


def _withdraw(stored: _Stored | None) -> None:
    """Take a group back that was refused; after ``StorageFailed`` nothing is known of it, and nothing may be touched."""
    if stored is None or stored.job.error is None or isinstance(stored.job.error, StorageFailed):
        return
    try:
        stored.withdraw(stored.group)
    except StorageFailed as error:
        stored.job.error = error


def _checkpoint(path: Path) -> None:
    connection = schema.open_for_reading(path)
    try:
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    finally:
        connection.close()


def _fail(jobs: list[Job[Request, object]], error: Exception) -> None:
    for job in jobs:
        if isinstance(error, StorageUnavailable):
            job.error = StorageUnavailable(error.message)
        elif isinstance(error, StorageFailed):
            job.error = StorageFailed(*error.args)
        else:
            job.error = error
