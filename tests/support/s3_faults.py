"""A proxy in front of an S3 server that makes it slow, overloaded or unreachable, in a process of its own.

`python -m tests.support.s3_faults PORT CONTROL_PORT UPSTREAM_PORT SEED`. Requests to PORT go on to UPSTREAM_PORT unless the faults say otherwise. A
line of JSON to CONTROL_PORT sets the faults (see `tests.support.s3.Faults`) and is answered with a line of counters.
"""

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from typing import Any

_CHUNK = 256 << 10
_SLOW_DOWN = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'


@dataclass
class _State:
    random: random.Random
    upstream: int
    faults: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def strikes(self, fault: str, method: str) -> bool:
        """Whether a fault with a rate happens to this request."""
        rate = float(self.faults.get(fault, 0.0))
        methods = self.faults.get("methods") or ()
        if rate <= 0 or (methods and method not in methods):
            return False
        return self.random.random() < rate


class _Cut(Exception):
    pass


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, dict[bytes, bytes]] | None:
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {}
    for line in raw.split(b"\r\n")[1:-2]:
        name, _, text = line.partition(b":")
        headers[name.strip().lower()] = text.strip()
    return raw, headers


async def _copy(
    reader: asyncio.StreamReader, count: int, sink: asyncio.StreamWriter | None, delay_s: float = 0.0
) -> None:
    while count:
        data = await reader.read(min(count, _CHUNK))
        if not data:
            raise _Cut
        count -= len(data)
        if sink is not None:
            if delay_s:
                await asyncio.sleep(delay_s)
            sink.write(data)
            await sink.drain()


async def _copy_body(
    reader: asyncio.StreamReader, headers: dict[bytes, bytes], sink: asyncio.StreamWriter | None, delay_s: float = 0.0
) -> None:
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        while True:
            line = await reader.readline()
            if sink is not None:
                sink.write(line)
            size = int(line.split(b";")[0], 16)
            await _copy(reader, size + 2, sink)
            if not size:
                return
    await _copy(reader, int(headers.get(b"content-length", b"0")), sink, delay_s)


async def _exchange(state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """One request and its answer; False when the client sends no more."""
    found = await _head(reader)
    if found is None:
        return False
    raw, headers = found
    method = raw.split(b" ", 1)[0].decode()
    state.count(method)
    if state.faults.get("down") or state.strikes("cut_rate", method):
        state.count("cut")
        raise _Cut
    if state.strikes("hang_rate", method):
        state.count("hang")
        await reader.read()
        raise _Cut
    if state.strikes("delay_rate", method):
        state.count("delay")
        await asyncio.sleep(float(state.faults.get("delay_s", 0.0)))
    if state.strikes("slow_down_rate", method):
        state.count("slow_down")
        await _copy_body(reader, headers, None)
        writer.write(
            b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s"
            % (len(_SLOW_DOWN), _SLOW_DOWN)
        )
        await writer.drain()
        return True
    lost = state.strikes("lost_reply_rate", method)
    torn = state.strikes("torn_reply_rate", method)
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", state.upstream, limit=1 << 20)
    try:
        up_writer.write(raw)
        await _copy_body(reader, headers, up_writer)
        await up_writer.drain()
        answer = await _head(up_reader)
        if answer is None:
            raise _Cut
        raw_answer, answer_headers = answer
        has_body = method != "HEAD" and raw_answer.split(b" ", 2)[1] not in (b"204", b"304")
        if lost:
            state.count("lost_reply")
            if has_body:
                await _copy_body(up_reader, answer_headers, None)
            raise _Cut
        writer.write(raw_answer)
        if has_body and torn:
            state.count("torn_reply")
            await _copy(up_reader, int(answer_headers.get(b"content-length", b"0")) // 2, writer)
            await writer.drain()
            raise _Cut
        if has_body:
            await _copy_body(up_reader, answer_headers, writer, float(state.faults.get("drip_s", 0.0)))
        await writer.drain()
    finally:
        up_writer.close()
    return answer_headers.get(b"connection", b"").lower() != b"close"


async def _serve(state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await _exchange(state, reader, writer):
            pass
    except (_Cut, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        transport = writer.transport
        transport.abort()
    finally:
        writer.close()


async def _control(state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        order = json.loads(line)
        if "faults" in order:
            state.faults = order["faults"]
        writer.write(json.dumps(state.counts).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _main(port: int, control: int, upstream: int, seed: int) -> None:
    state = _State(random.Random(seed), upstream)
    await asyncio.start_server(lambda r, w: _serve(state, r, w), "127.0.0.1", port, limit=1 << 20, backlog=512)
    await asyncio.start_server(lambda r, w: _control(state, r, w), "127.0.0.1", control)
    print(f"faults: ready on {port}, seed {seed}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(*(int(word) for word in sys.argv[1:5])))
