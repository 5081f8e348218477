"""Reads far from the ends of logs are done by another process, and whatever becomes of that, a reader is given the right bytes."""

import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import psutil
import pytest

from broker.log.cold_reader import ColdReader
from broker.log.far_reader import FarReader
from broker.log.far_server import FarLimits
from broker.storage.objects.with_inline import StoreWithInline
from tests.broker.log.far_world import StoredLog, far_reader, fill, given, stored_log, until_it_reads
from tests.broker.storage.objects.remote_worlds import client_environment, memory_url, opened
from tests.support.s3 import S3Server


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server; its credentials are in the environment."""
    with client_environment(), S3Server(tmp_path_factory.mktemp("s3") / "data") as server:
        yield server

PROGRAM = "broker.log.far_server"


def children() -> list[psutil.Process]:
    """Processes that read."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and PROGRAM in child.cmdline()
    ]


async def compare(log: StoredLog, far: FarReader, dice: random.Random, times: int) -> int:
    """Read anywhere, several shares at once, and expect what this process would give; how many were read elsewhere."""
    elsewhere = 0
    for _ in range(times):
        limits = [int(400_000 ** dice.random()) for _ in range(dice.randint(1, 4))]
        shares = [log.share(dice.randrange(log.end), limit, at_least_one=dice.random() < 0.7) for limit in limits]
        expected = [await log.read_here(share) for share in shares]
        found = await far.read(shares)
        if found is not None:
            elsewhere += len(found)
            for share, read, (data, next_offset) in zip(shares, found, expected, strict=True):
                assert read.part.error is None
                assert (bytes(read.records), read.part.next_offset) == (data, next_offset)
                assert read.records.readonly or not data, "what is shared is never stamped"
                if read.part.mark is not None:
                    span = share.spans[read.part.mark.number]
                    assert span.base <= read.part.mark.base <= next_offset <= span.last
        cold = ColdReader(log.store, elsewhere=far)
        assert await cold.read(shares) == []
        assert [(given(share), share.answer.next_offset) for share in shares] == expected
    return elsewhere


@pytest.mark.parametrize("seed", range(3))
async def test_views_of_its_memory_are_what_copies_would_be(tmp_path: Path, seed: int) -> None:
    """At every offset and limit, of stamped and of final batches; and where a reader goes on is known."""
    async with stored_log(tmp_path, seed) as log, far_reader(log.store.raw_elsewhere() or ()) as far:
        await until_it_reads(far, log.share(0, 1000))
        assert await compare(log, far, random.Random(seed), 40) > 0
        assert len(children()) == 1
    assert children() == [], "it ends with who asks"


async def test_a_remote_store_is_read_the_same_way(s3_server: S3Server) -> None:
    """Through blocks of its own; requests to the store are counted here."""
    store = await opened(s3_server.url("far"))
    log = await fill(store, 5)
    async with far_reader(store.raw_elsewhere() or ()) as far:
        await until_it_reads(far, log.share(0, 1000))
        assert await compare(log, far, random.Random(5), 30) > 0


async def test_killed_amid_reads_it_costs_a_retry_and_no_wrong_byte(tmp_path: Path) -> None:
    """Again and again: what was under way is read here, and later there is another process."""
    async with stored_log(tmp_path) as log, far_reader(log.store.raw_elsewhere() or (), again_after_s=0.1) as far:
        for number in range(2):
            await until_it_reads(far, log.share(0, 1000))
            (child,) = children()
            async with anyio.create_task_group() as tasks:
                for reader in range(4):
                    tasks.start_soon(compare, log, far, random.Random(reader), 15)
                await anyio.sleep(0.01 * (number + 1))
                child.send_signal(signal.SIGKILL)


async def test_one_that_hangs_is_waited_for_once_and_then_killed(tmp_path: Path) -> None:
    """Readers are served here meanwhile; they do not wait for it one after the other."""
    async with (
        stored_log(tmp_path) as log,
        far_reader(log.store.raw_elsewhere() or (), patience_s=0.3, hangs_after_s=1.0, again_after_s=0.1) as far,
    ):
        share = log.share(0, 1000)
        await until_it_reads(far, share)
        (child,) = children()
        os.kill(child.pid, signal.SIGSTOP)
        assert await far.read([share]) is None
        with anyio.fail_after(0.25):
            assert await far.read([share]) is None
        await compare(log, far, random.Random(1), 5)
        with anyio.fail_after(20):
            while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
                assert await far.read([share]) is None
                await anyio.sleep(0.05)
        await until_it_reads(far, share)
        assert [each.pid for each in children()] != [child.pid]


async def test_one_that_is_slow_is_not_killed_and_its_late_answers_are_nobodys(tmp_path: Path) -> None:
    """When it goes on, it is asked again."""
    async with stored_log(tmp_path) as log, far_reader(log.store.raw_elsewhere() or (), patience_s=0.2) as far:
        share = log.share(0, 100_000)
        await until_it_reads(far, share)
        (child,) = children()
        os.kill(child.pid, signal.SIGSTOP)
        assert await far.read([share]) is None
        descriptors = len(os.listdir("/proc/self/fd"))
        os.kill(child.pid, signal.SIGCONT)
        await until_it_reads(far, share)
        assert [each.pid for each in children()] == [child.pid]
        assert len(os.listdir("/proc/self/fd")) <= descriptors + 1


async def test_memory_is_lent_while_an_answer_is_held_and_no_longer(tmp_path: Path) -> None:
    """However many readers there are, at once or one after the other, and whether they wait for what they asked for or not. When none is left to be lent, there is
    memory for that answer alone."""
    async with stored_log(tmp_path) as log, far_reader(log.store.raw_elsewhere() or (), megabytes=32) as far:
        await until_it_reads(far, log.share(0, 1000))
        await log.read_here(log.share(0, 1000))
        descriptors = len(os.listdir("/proc/self/fd"))
        assert far.regions_free == 4
        held = []
        expected = []
        cold = ColdReader(log.store, 2, elsewhere=far)

        async def read(number: int, hold: bool) -> None:
            share = log.share(number % log.end, 100_000)
            with anyio.move_on_after(None if number % 3 or hold else 0.001):
                await cold.read([share])
            if hold:
                held.append(share)
                expected.append((await log.read_here(share))[0])

        for number in range(6):
            await read(number, True)
        assert far.regions_free == 0
        async with anyio.create_task_group() as tasks:
            for number in range(60):
                tasks.start_soon(read, number, False)
        assert [given(share) for share in held] == expected, "nobody wrote to what was held"
        held.clear()
        await until_it_reads(far, log.share(0, 1000))
        with anyio.fail_after(10):
            while far.regions_free < 4:  # noqa: ASYNC110 - nobody tells
                await anyio.sleep(0.01)
        assert len(os.listdir("/proc/self/fd")) <= descriptors


async def test_memory_that_is_not_what_was_said_is_not_given(tmp_path: Path) -> None:
    """Too little of it, or none: the answer is made here."""
    liar = tmp_path / "liar.py"
    liar.write_text(
        "import array, os, socket, sys\n"
        "from broker.log.far_messages import Did, FarAnswer, FarPart, answer_message, framed\n"
        "line = socket.socket(fileno=0)\n"
        "line.sendall(framed({'ready': True}))\n"
        "line.recv(1 << 16)\n"
        "memory = os.memfd_create('short')\n"
        "os.write(memory, bytes(10))\n"
        "message = framed(answer_message(FarAnswer(1, [FarPart(5000, 1)], 5000, Did())))\n"
        "line.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [memory]))])\n"
        "line.recv(1)\n"
    )
    async with stored_log(tmp_path) as log:
        far = FarReader(log.store.raw_elsewhere() or (), FarLimits(), program=(sys.executable, str(liar)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(far.run)
            with anyio.fail_after(20):
                while far.failures == 0:
                    assert await compare(log, far, random.Random(1), 1) == 0
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    "program",
    [
        ("/nothing/of/this/name",),
        (sys.executable, "-c", "pass"),
        (sys.executable, "-c", "import os; os.write(0, b'\\x00\\x00\\x00\\x02[]')"),
        (sys.executable, "-c", "import os; os.write(0, b'\\xff' * 100)"),
        (sys.executable, "-c", "import os; os.write(0, b'\\x00\\x00\\x00\\x0e{\"ready\":true}\\x00\\x00\\x00\\x0a{\"id\":\"no\"}'); input()"),
    ],
    ids=["missing", "ends", "no message", "too large", "no answer"],
)
async def test_without_a_process_everything_is_read_here(
    tmp_path: Path, program: tuple[str, ...]
) -> None:
    """Whatever is wrong with it; the log says so."""
    async with stored_log(tmp_path) as log:
        far = FarReader(log.store.raw_elsewhere() or (), FarLimits(), program=program)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(far.run)
            with anyio.fail_after(20):
                while far.failures == 0:
                    assert await compare(log, far, random.Random(1), 1) == 0
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()


async def test_it_is_there_while_there_is_something_to_read(tmp_path: Path) -> None:
    """Nothing is started before, and it ends when nothing was asked for a while."""
    async with stored_log(tmp_path) as log, far_reader(log.store.raw_elsewhere() or (), idle_s=0.3) as far:
        await anyio.sleep(0.05)
        assert children() == []
        for _ in range(2):
            await until_it_reads(far, log.share(0, 1000))
            with anyio.fail_after(10):
                while children():  # noqa: ASYNC110 - nobody tells
                    await anyio.sleep(0.05)
        assert far.failures == 0


async def test_what_it_cannot_read_is_found_to_be_so_here(tmp_path: Path) -> None:
    """Damage and missing objects are told as ever; the other shares are given."""
    async with stored_log(tmp_path) as log, far_reader(log.store.raw_elsewhere() or ()) as far:
        good, gone = log.share(0, 1000), log.share(log.spans[1].base, 1000)
        gone.spans = [type(span)(span.base, span.last, 99_999, 0, span.length, 0, 0, 1, 0) for span in gone.spans[:1]]
        await until_it_reads(far, good)
        found = await far.read([good, gone])
        assert found is not None
        assert [read.part.error is None for read in found] == [True, False]
        ((failed, reason),) = await ColdReader(log.store, elsewhere=far).read([good, gone])
        assert failed is gone
        assert "99999" in reason
        assert given(good)


async def test_what_the_catalog_keeps_is_read_here() -> None:
    """Another process knows no catalog; it is told where everything else lies."""
    remote = await opened(memory_url())
    assert StoreWithInline(remote, None, 0).stored_elsewhere() is None  # type: ignore[arg-type]
