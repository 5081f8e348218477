"""The process that reads: at the lowest priority, and what it hands over nobody can change."""

import fcntl
import mmap
import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import anyio
import pytest
from anyio.abc import UNIXSocketStream
from hypothesis import given
from hypothesis import strategies as st

from broker.log import far_server
from broker.log.far_messages import Unframer, answer_of, framed, request_of
from broker.log.far_server import FarLimits, FarServer, memory_of, write_all
from tests.broker.log.far_world import stored_log


@pytest.mark.parametrize("seed", range(5))
def test_memory_holds_the_buffers_back_to_back_for_good(seed: int) -> None:
    """Many small ones and few large ones; nobody can write to it, nor cut it under whoever has it mapped."""
    dice = random.Random(seed)
    buffers = [memoryview(dice.randbytes(int(300_000 ** dice.random()) - 1)) for _ in range(dice.choice((1, 3, 700)))]
    memory = memory_of(buffers)
    try:
        data = b"".join(buffers)
        assert os.fstat(memory).st_size == len(data)
        assert os.pread(memory, len(data), 0) == data
        with pytest.raises(PermissionError):
            os.pwrite(memory, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(memory, 0)
        with pytest.raises(PermissionError):
            mmap.mmap(memory, 1, mmap.MAP_SHARED, mmap.PROT_WRITE)
        assert fcntl.fcntl(memory, fcntl.F_GET_SEALS) & fcntl.F_SEAL_SEAL
    finally:
        os.close(memory)


async def test_it_answers_over_a_socket_until_that_ends(tmp_path: Path) -> None:
    """Requests of any number of shares; the bytes come as a descriptor beside the answer."""
    async with stored_log(tmp_path) as log:
        server = FarServer(log.store.raw_elsewhere() or (), FarLimits())
        ours, theirs = socket.socketpair()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(server.serve, await UNIXSocketStream.from_socket(theirs))
            async with await UNIXSocketStream.from_socket(ours) as stream:
                unframer = Unframer()
                assert list(unframer.feed(await stream.receive())) == [{"ready": True}]
                share = log.share(0, 100_000)
                region = os.memfd_create("region")
                os.ftruncate(region, 1 << 20)
                await stream.send_fds(framed({"regions": [1 << 20]}), [region])
                await stream.send(framed(request_of(1, [share])) + framed(request_of(2, [])))
                await stream.send(framed(request_of(3, [share], 0)))
                answers, memories = {}, []
                while len(answers) < 3:
                    data, descriptors = await stream.receive_fds(1 << 16, 4)
                    memories += descriptors
                    answers.update({message["id"]: answer_of(message) for message in unframer.feed(data)})
                (memory,) = memories
                data, next_offset = await log.read_here(share)
                assert os.pread(memory, 1 << 20, 0) == data
                os.close(memory)
                assert os.pread(region, len(data), 0) == data, "what fits into a region that was named is there"
                os.close(region)
                assert [answers[number].region for number in (1, 2, 3)] == [None, None, 0]
                assert (answers[1].size, answers[1].parts[0].next_offset) == (len(data), next_offset)
                assert (answers[2].size, answers[2].parts) == (0, [])


def test_it_takes_only_what_is_idle_and_ends_with_its_socket(tmp_path: Path) -> None:
    """Its threads too; in the session of who started it."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "broker.log.far_server", "[1,1000000,0]", str(tmp_path), bytes(16).hex(), "0"]
    with subprocess.Popen(command, stdin=theirs) as process:
        theirs.close()
        with ours:
            ours.settimeout(30)
            assert ours.recv(100) == framed({"ready": True})
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                assert os.sched_getscheduler(int(thread)) == os.SCHED_IDLE
            assert os.getsid(process.pid) == os.getsid(0)
            assert os.getpgid(process.pid) == process.pid
        assert process.wait(30) == 0


@given(st.lists(st.binary(max_size=2000), max_size=30), st.integers(1, 700))
def test_memory_is_written_a_little_at_a_time(buffers: list[bytes], most: int) -> None:
    """All of it, in order, also when the kernel takes less than it was given."""
    chance = random.Random(most)
    asked: list[int] = []

    def some(memory: int, vector: list[memoryview], at: int) -> int:
        size = sum(map(len, vector))
        asked.append(size)
        return pwritev(memory, [memoryview(b"".join(vector))[: chance.randint(1, size)]], at)

    pwritev = os.pwritev
    memory = os.memfd_create("written")
    try:
        with patch.object(far_server, "_AT_ONCE_BYTES", most), patch.object(os, "pwritev", some):
            write_all(memory, [memoryview(buffer) for buffer in buffers])
        assert os.pread(memory, 100_000, 0) == b"".join(buffers)
        assert max(asked, default=0) <= most
    finally:
        os.close(memory)
