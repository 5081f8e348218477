"""A remote store under every fault at once, with a ledger of what it acknowledged. PENSTOCK_STORE_SECONDS sets how long; a few seconds otherwise."""

import os
from pathlib import Path
from random import Random

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.objects.base import Extent, TocEntry
from broker.storage.objects.remote import RemoteObjectStore
from broker.storage.objects.requester import RequestSettings
from tests.broker.storage.objects.remote_worlds import client_environment, opened
from tests.support.s3 import FaultProxy, Faults, S3Server

pytestmark = pytest.mark.durability

SECONDS = float(os.environ.get("PENSTOCK_STORE_SECONDS", "6"))
APPENDERS = 12


class Ledger:
    """What was acknowledged, and what was deleted since."""

    def __init__(self) -> None:
        self.kept: dict[Extent, bytes] = {}
        self.deleted: list[Extent] = []
        self.refused = 0


async def append(store: RemoteObjectStore, ledger: Ledger, seed: int, stop: anyio.Event) -> None:
    random = Random(seed)
    while not stop.is_set():
        data = random.randbytes(random.choice((10, 3_000, 200_000)))
        try:
            extent = await store.append([data], [TocEntry(1, 0, len(data))])
        except StorageUnavailable:
            ledger.refused += 1
            continue
        assert extent not in ledger.kept, "O2: a place is given once"
        ledger.kept[extent] = data
        await look_back(store, ledger, random)


async def look_back(store: RemoteObjectStore, ledger: Ledger, random: Random) -> None:
    """Read, or delete, something that was acknowledged."""
    extent = random.choice(list(ledger.kept))
    data = ledger.kept[extent]
    try:
        if random.random() < 0.2:
            del ledger.kept[extent]
            ledger.deleted.append(extent)
            await store.delete([extent.object_id])
        else:
            (view,) = await store.read(extent.object_id, [(0, extent.length)])
            assert bytes(view) == data or extent not in ledger.kept
    except StorageUnavailable:
        ledger.refused += 1
        if extent in ledger.kept:
            return


async def trouble(server: S3Server, proxy: FaultProxy, random: Random) -> None:
    """Something else every moment, for so long; then peace."""
    until = anyio.current_time() + SECONDS
    while anyio.current_time() < until:
        kind = random.randrange(8)
        if kind == 0:
            server.kill()
            await anyio.sleep(random.random())
            await anyio.to_thread.run_sync(server.start)
        proxy.set(
            [
                Faults(),
                Faults(slow_down_rate=0.9),
                Faults(lost_reply_rate=0.5),
                Faults(cut_rate=0.5),
                Faults(torn_reply_rate=0.5),
                Faults(delay_rate=0.5, delay_s=1.0),
                Faults(hang_rate=0.3),
                Faults(
                    slow_down_rate=0.2,
                    lost_reply_rate=0.2,
                    cut_rate=0.1,
                    torn_reply_rate=0.1,
                    delay_rate=0.2,
                    delay_s=0.3,
                ),
            ][kind]
        )
        await anyio.sleep(0.2 + random.random())
    proxy.clear()


@pytest.mark.timeout(120 + 3 * SECONDS)
async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """Killed, slow, overloaded, cut off: what was acknowledged is there with its bytes, what was deleted is gone, and no trouble is final."""
    seed = Random().randrange(1 << 30)
    print(f"seed {seed}")
    random = Random(seed)
    with client_environment(), S3Server(tmp_path / "data") as server, FaultProxy(server, seed) as proxy:
        store = await opened(proxy.url(), settings=RequestSettings(uploads=6, timeout_s=2.0, give_up_s=5.0))
        ledger, stop = Ledger(), anyio.Event()
        async with anyio.create_task_group() as tasks:
            for number in range(APPENDERS):
                tasks.start_soon(append, store, ledger, random.randrange(1 << 30) + number, stop)
            await trouble(server, proxy, random)
            stop.set()
        print(f"{len(ledger.kept)} kept, {len(ledger.deleted)} deleted, {ledger.refused} refused; {proxy.counts()}")
        assert len(ledger.kept) > 10
        for extent, data in ledger.kept.items():
            (view,) = await store.read(extent.object_id, [(0, extent.length)])
            assert bytes(view) == data, f"{extent} is another"
        gone = {extent.object_id for extent in ledger.deleted}
        left = await listed(store)
        with anyio.fail_after(20):
            while left & gone:
                # A write that was given up and held up on its way may come in behind the deletion; that is what the orphan sweep is for.
                await store.delete(sorted(left & gone))
                left = await listed(store)
        assert {extent.object_id for extent in ledger.kept} <= left


async def listed(store: RemoteObjectStore) -> set[int]:
    return {object_id async for object_id, _, _ in store.stored_objects()}
