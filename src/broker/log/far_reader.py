"""Has reads far from the ends of logs done by a process of their own (:mod:`broker.log.far_server`), so that they compete with the broker for nothing but what is idle.

The process is started when there is something to read and ended when there was nothing for a while. Nothing depends on it: what it cannot read, or does not
within a while, the broker reads itself, and when it ends, hangs or talks nonsense it is killed and another one started later.
"""

import contextlib
import mmap
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

import anyio
import orjson
from anyio.abc import Process, UNIXSocketStream

from broker.log.far_memory import FarMemory
from broker.log.far_messages import FarAnswer, FarRead, MalformedMessage, Unframer, answer_of, framed, request_of
from broker.log.far_server import FarLimits
from broker.log.fetch_plan import ColdShare
from observability import logs
from observability.metrics import OBJECTS

PATIENCE_S: Final = 2.0
"""For so long a fetch waits for the process, which gets no more of a busy machine than nobody else wants; then the broker reads by itself."""

_LEFT_ALONE: Final = 4
"""For so many times its patience the broker then reads everything by itself: readers get on, however busy the machine is with other things."""

HANGS_AFTER_S: Final = 10.0
"""A process that was asked and said nothing for so long is killed."""

IDLE_S: Final = 60.0
AGAIN_AFTER_S: Final = 5.0
"""After a process that ended by itself, or could not be started."""

_STARTING_S: Final = 60.0
_ENDING_S: Final = 2.0
_RECEIVE_BYTES: Final = 64 << 10
_DESCRIPTORS: Final = 16

_log = logs.get("reading")
_get = OBJECTS.of("get")


class _Call:
    """``region`` is lent until the answer has come, or the process is gone, whoever still waits for it."""

    __slots__ = ("answer", "answered", "given_up", "memory", "region")

    def __init__(self, region: int | None) -> None:
        self.region = region
        self.given_up = False
        self.answered = anyio.Event()
        self.answer: FarAnswer | None = None
        self.memory = memoryview(b"")


class FarReader:
    """Owns the process, while there is one. :meth:`run` has it, and ends by being cancelled."""

    def __init__(
        self,
        arguments: Sequence[str],
        limits: FarLimits,
        *,
        program: Sequence[str] = (sys.executable, "-P", "-m", "broker.log.far_server"),
        patience_s: float = PATIENCE_S,
        hangs_after_s: float = HANGS_AFTER_S,
        idle_s: float = IDLE_S,
        again_after_s: float = AGAIN_AFTER_S,
    ) -> None:
        """``arguments`` as :meth:`broker.storage.objects.base.ObjectStore.raw_elsewhere` gives them."""
        self._memory_bytes = limits.bytes
        self._command = [*program, orjson.dumps(astuple(limits)).decode(), *arguments]
        self._patience_s = patience_s
        self._hangs_after_s = hangs_after_s
        self._idle_s = idle_s
        self._again_after_s = again_after_s
        self._wanted = anyio.Event()
        self._stream: UNIXSocketStream | None = None
        self._memory = FarMemory(0)
        self._unsent: deque[bytes] = deque()
        self._to_send = anyio.Event()
        self._calls: dict[int, _Call] = {}
        self._number = 0
        self._owes_since: float | None = None
        self._left_alone_until = 0.0
        self._scope = anyio.CancelScope()
        self.failures = 0

    async def read(self, shares: Sequence[ColdShare]) -> list[FarRead] | None:
        """What the process read, share by share, refusals among them. None: there is no process that does it now."""
        if self._stream is None:
            self._wanted.set()
            return None
        if self._silent_s > self._patience_s or anyio.current_time() < self._left_alone_until:
            self._kill_if_hanging()
            return None
        self._number += 1
        region = self._memory.lend()
        number, call = self._number, _Call(region)
        if self._owes_since is None:
            self._owes_since = anyio.current_time()
        self._calls[number] = call
        self._unsent.append(framed(request_of(number, shares, region)))
        self._to_send.set()
        try:
            with anyio.move_on_after(self._patience_s):
                await call.answered.wait()
        finally:
            call.given_up = True
        answer = call.answer
        if not call.answered.is_set():
            self._left_alone_until = anyio.current_time() + self._patience_s * _LEFT_ALONE
        if answer is None or len(answer.parts) != len(shares):
            return None
        found: list[FarRead] = []
        at = 0
        for part in answer.parts:
            found.append(FarRead(part, call.memory[at : at + part.size]))
            at += part.size
        return found

    @property
    def regions_free(self) -> int:
        """Of the memory that is shared with the process."""
        return self._memory.free

    @property
    def _silent_s(self) -> float:
        """For how long the process has owed an answer without saying anything."""
        return 0.0 if self._owes_since is None else anyio.current_time() - self._owes_since

    def _kill_if_hanging(self) -> None:
        if self._silent_s > self._hangs_after_s:
            _complain("says nothing, and is killed")
            self._owes_since = None
            self._scope.cancel()

    async def run(self) -> None:
        """Have a process while one is wanted, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            with anyio.CancelScope() as self._scope:
                ended = await self._have_process()
                if ended is None:
                    continue
                _complain(ended)
            self.failures += 1
            await anyio.sleep(self._again_after_s)
            self._wanted = anyio.Event()

    async def _have_process(self) -> str | None:
        """Start the process and hear what it says. What was wrong when it ended; None: it was not needed."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = await anyio.open_process(self._command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=None)
        except OSError as error:
            ours.close()
            return f"cannot be started: {error.strerror}"
        finally:
            theirs.close()
        try:
            async with await UNIXSocketStream.from_socket(ours) as stream, anyio.create_task_group() as tasks:
                tasks.start_soon(self._send_all, stream)
                ended = await self._listen(stream)
                tasks.cancel_scope.cancel()
            return ended
        finally:
            self._stream = self._owes_since = None
            self._left_alone_until = 0.0
            self._unsent.clear()
            for call in self._calls.values():
                call.answered.set()
            self._calls.clear()
            self._memory.close()
            self._memory = FarMemory(0)
            await _end(process)

    async def _listen(self, stream: UNIXSocketStream) -> str | None:
        unframer = Unframer()
        memories: deque[int] = deque()
        try:
            while True:
                data, descriptors = b"", list[int]()
                with anyio.move_on_after(_STARTING_S if self._stream is None else self._idle_s):
                    data, descriptors = await stream.receive_fds(_RECEIVE_BYTES, _DESCRIPTORS)
                if not data:
                    if self._stream is None:
                        return "does not start"
                    if self._owes_since is not None:
                        self._kill_if_hanging()
                        continue
                    return None
                memories += descriptors
                for message in unframer.feed(data):
                    if "ready" in message:
                        await self._begin(stream)
                    else:
                        self._take(answer_of(message), memories)
                self._owes_since = anyio.current_time() if self._calls else None
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return "has ended"
        except MalformedMessage as error:
            return f"said {error}"
        finally:
            for memory in memories:
                os.close(memory)

    async def _begin(self, stream: UNIXSocketStream) -> None:
        """The process is there: share memory with it, and have it asked."""
        self._memory = FarMemory(self._memory_bytes)
        if self._memory.descriptors:
            regions = framed({"regions": [self._memory.region_bytes] * len(self._memory.descriptors)})
            await stream.send_fds(regions, self._memory.descriptors)
        self._stream = stream

    def _take(self, answer: FarAnswer, memories: deque[int]) -> None:
        """An answer has come. Raises MalformedMessage."""
        call = self._calls.get(answer.number)
        mapped = memoryview(b"")
        if answer.region is not None:
            if call is None or answer.region != call.region or answer.size > self._memory.region_bytes:
                raise MalformedMessage("memory that was not lent for this answer")
            mapped = self._memory.view(answer.region, answer.size)
            call.region = None
        elif answer.size:
            if not memories:
                raise MalformedMessage("an answer without its bytes")
            memory = memories.popleft()
            try:
                if call is not None and not call.given_up:
                    mapped = memoryview(mmap.mmap(memory, answer.size, mmap.MAP_PRIVATE, mmap.PROT_READ))
            except (ValueError, OSError) as error:
                raise MalformedMessage(f"memory that is none: {error}") from None
            finally:
                os.close(memory)
        self._calls.pop(answer.number, None)
        for seconds, size in answer.did.gets:
            _get.sent()
            _get.done(seconds, size)
        if call is None:
            return
        if call.region is not None:
            self._memory.give_back(call.region)
        if not call.given_up:
            call.answer, call.memory = answer, mapped
            call.answered.set()

    async def _send_all(self, stream: UNIXSocketStream) -> None:
        with contextlib.suppress(anyio.BrokenResourceError):  # whoever listens hears of it
            while True:
                if not self._unsent:
                    self._to_send = anyio.Event()
                    await self._to_send.wait()
                    continue
                await stream.send(self._unsent.popleft())


def _complain(what: str) -> None:
    _log.warning(f"the process that reads far from the ends of logs {what}", then="the broker does it until there is another one")


async def _end(process: Process) -> None:
    with anyio.CancelScope(shield=True):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with anyio.move_on_after(_ENDING_S):
            await process.aclose()
