"""Brokers that all act on the same few transactional ids and logs, while their connections are broken: what is left keeps every invariant.

``PENSTOCK_RACE_SECONDS`` has it go on for longer than the test suite does.
"""

import os
import random
from dataclasses import dataclass, field
from typing import Final

import anyio
import pytest

from broker.errors import BrokerError, StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog.base import CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Unresolved
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.transactions import EndAnswer
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, topic
from tests.broker.storage.catalog.postgres.brokers import brokers
from tests.support.postgres import Postgres

SECONDS: Final = float(os.environ.get("PENSTOCK_RACE_SECONDS", "3"))
ENOUGH_S = 30.0
IDS: Final = ("a", "b", "c")
PARTITIONS: Final = 3

_SPANS_DO_NOT_TILE: Final = """
SELECT count(*) FROM (SELECT pid, base, lag(last) OVER (PARTITION BY pid ORDER BY last) AS before, lead(base) OVER (PARTITION BY pid ORDER BY last) AS next,
    last FROM span) AS s JOIN part USING (pid) WHERE base <> coalesce(before + 1, 0) OR (next IS NULL AND last + 1 <> high_watermark)
"""
_COUNTS_ARE_WRONG: Final = """
SELECT count(*) FROM object WHERE state <> 9 AND live <> (SELECT count(*) FROM span WHERE span.object_id = object.object_id)
"""
_STABLE_IS_WRONG: Final = """
SELECT count(*) FROM part WHERE (last_stable, open_transactions) <> (
    SELECT coalesce(min(first_open_offset), high_watermark), count(*)::int FROM producer
    WHERE producer.pid = part.pid AND first_open_offset IS NOT NULL)
"""
_OPEN_WITHOUT_A_TRANSACTION: Final = """
SELECT count(*) FROM producer WHERE first_open_offset IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM txn JOIN txn_part USING (producer_id)
    WHERE txn.producer_id = producer.producer_id AND txn_part.pid = producer.pid AND txn.status = 1 AND txn_part.epoch = producer.epoch)
"""
_LEFT_OF_ENDED: Final = """
SELECT (SELECT count(*) FROM txn_part JOIN txn USING (producer_id) WHERE status <> 1)
    + (SELECT count(*) FROM txn_part WHERE producer_id NOT IN (SELECT producer_id FROM txn))
    + (SELECT count(*) FROM txn_offset JOIN txn USING (transactional_id) WHERE status <> 1)
"""
_INDEX_IS_NOT_MONOTONE: Final = """
SELECT count(*) FROM (SELECT stable_behind, lag(stable_behind) OVER (PARTITION BY pid ORDER BY last_offset) AS before FROM aborted) AS a
WHERE stable_behind < before
"""


@dataclass(slots=True)
class Told:
    """What clients were told. ``batches``: by producer and epoch, the partition and offset of each batch that was taken in a transaction;
    ``outcomes``: by the same, how it ended where that was answered; ``offsets``: what was committed with it."""

    news: anyio.Event = field(default_factory=anyio.Event)
    batches: dict[tuple[int, int], list[tuple[int, int]]] = field(default_factory=dict)
    outcomes: dict[tuple[int, int], bool] = field(default_factory=dict)
    offsets: dict[tuple[int, int], tuple[str, str, int]] = field(default_factory=dict)
    objects: int = 0
    refused: int = 0
    lost: int = 0


class Client:
    """A producer with a transactional id that others use as well, over whichever broker: it does as long as it can, and begins again."""

    def __init__(self, catalogs: tuple[PostgresCatalog, ...], pids: tuple[int, ...], told: Told, chance: random.Random) -> None:
        self.catalogs, self.pids, self.told, self.chance = catalogs, pids, told, chance

    @property
    def broker(self) -> PostgresCatalog:
        return self.chance.choice(self.catalogs)

    async def live(self) -> None:
        while True:
            try:
                await self.one_transaction(self.chance.choice(IDS))
            except (StorageUnavailable, Unresolved):
                self.told.lost += 1
                self.told.news.set()
            except BrokerError:
                self.told.refused += 1
                self.told.news.set()

    async def one_transaction(self, name: str) -> None:
        answer = await self.broker.init_transaction(name, 60_000, -1, -1, NOW, -1)
        producer, epoch = answer.producer_id, answer.epoch
        for _ in range(self.chance.randint(1, 3)):
            used = self.chance.sample(self.pids, self.chance.randint(1, PARTITIONS))
            self.check(await self.broker.add_to_transaction(name, producer, epoch, used, None, NOW))
            for sequence in range(self.chance.randint(1, 2)):
                await self.produce(used, producer, epoch, sequence)
            key = ("g", f"{producer}", epoch)
            added = await self.broker.add_transaction_offsets(name, producer, epoch, {key: CommittedOffset(offset=epoch)}, "g", NOW)
            self.check(added)
            self.told.offsets[producer, epoch] = key
            commit = self.chance.random() < 0.6
            ended = await self.end(name, producer, epoch, commit)
            self.check(ended.error_code)
            self.told.outcomes[producer, epoch] = commit
            self.told.news.set()
            producer, epoch = ended.producer_id, ended.epoch

    async def produce(self, used: list[int], producer: int, epoch: int, sequence: int) -> None:
        entry = batch(producer=producer, epoch=epoch, first=sequence, transactional=True)
        plain = batch()
        self.told.objects += 1
        spans = [SpanEntry(pid, 200 * at, [plain, entry]) for at, pid in enumerate(used)]
        answers = await self.broker.commit_spans(CommitGroup(self.told.objects, 0, 200 * len(used), spans, NOW))
        for pid, (_, answered) in zip(used, answers, strict=True):
            if answered.error_code == 0:
                self.told.batches.setdefault((producer, epoch), []).append((pid, answered.base_offset))

    async def end(self, name: str, producer: int, epoch: int, commit: bool) -> EndAnswer:
        """As clients do: again until there is an answer."""
        while True:
            try:
                return await self.broker.end_transaction(name, producer, epoch, commit, True, -1, NOW)
            except (StorageUnavailable, Unresolved):
                self.told.lost += 1
                self.told.news.set()

    def check(self, code: ErrorCode) -> None:
        if code is not ErrorCode.NONE:
            raise BrokerError(code)


async def _end_after_enough(scope: anyio.CancelScope, told: Told, breaks: bool) -> None:
    """A busy machine takes longer than SECONDS to come to as much as is to be judged."""
    await anyio.sleep(SECONDS)
    while len(told.outcomes) <= 3 or not told.refused or bool(told.lost) != breaks:
        told.news = anyio.Event()
        await told.news.wait()
    scope.cancel()


@pytest.mark.timeout(60 + ENOUGH_S + 2 * SECONDS)
@pytest.mark.parametrize("breaks", [False, True])
async def test_whatever_brokers_do_at_once_the_catalog_is_whole(postgres: Postgres, database_url: str, breaks: bool) -> None:
    """Spans tile, counts are right, what is stable ends where the first open transaction begins; transactions are whole, as they were answered."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, told = random.Random(seed), Told()
    async with brokers(database_url, 3) as catalogs:
        pids = await topic(catalogs[0], PARTITIONS)
        with anyio.move_on_after(SECONDS + ENOUGH_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_end_after_enough, tasks.cancel_scope, told, breaks)
                for _ in range(6):
                    tasks.start_soon(Client(catalogs, pids, told, random.Random(chance.random())).live)
                while breaks:
                    await anyio.sleep(chance.uniform(0.2, 0.6))
                    await postgres.end_sessions(database_url.rpartition("/")[2])
    async with brokers(database_url, 1) as (catalog,):
        for question in (
            _SPANS_DO_NOT_TILE,
            _COUNTS_ARE_WRONG,
            _STABLE_IS_WRONG,
            _OPEN_WITHOUT_A_TRANSACTION,
            _LEFT_OF_ENDED,
            _INDEX_IS_NOT_MONOTONE,
        ):
            assert await catalog._connections.fetchval(question) == 0, question
        await _check_told(catalog, pids, told)
    print(f"answered {len(told.outcomes)}, refused {told.refused}, lost {told.lost}, flushes {told.objects}")
    assert len(told.outcomes) > 3
    assert told.refused > 0
    assert bool(told.lost) == breaks


async def _check_told(catalog: PostgresCatalog, pids: tuple[int, ...], told: Told) -> None:
    aborted = {pid: await catalog.aborted(pid, 0, 2**60) for pid in pids}
    offsets = await catalog.read_offsets("g")
    for transaction, outcome in told.outcomes.items():
        for pid, offset in told.batches.get(transaction, ()):
            hidden = any(
                each.producer_id == transaction[0] and each.first_offset <= offset < each.last_offset for each in aborted[pid]
            )
            assert hidden != outcome, (transaction, outcome, pid, offset)
        assert (told.offsets[transaction] in offsets) == outcome, (transaction, outcome)
