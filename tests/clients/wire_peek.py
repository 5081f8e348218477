"""Reads the codec of stored batches off the wire, with a Fetch request packed by hand: no client hides it here."""

import socket
import struct

CODECS = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}

_FETCH, _VERSION = 1, 10
_MAX_BYTES = 8 * 1024 * 1024


def stored_codecs(bootstrap: str, topic: str, partition: int = 0) -> list[str]:
    """The codec of each record batch from the start of a partition."""
    host, _, port = bootstrap.split(",")[0].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        request = _request(topic.encode(), partition)
        connection.sendall(struct.pack(">i", len(request)) + request)
        reader = connection.makefile("rb")
        (size,) = struct.unpack(">i", reader.read(4))
        return _codecs_of(_record_bytes(reader.read(size)))


def _request(topic: bytes, partition: int) -> bytes:
    client = b"wire-peek"
    header = struct.pack(f">hhih{len(client)}s", _FETCH, _VERSION, 1, len(client), client)
    # replica -1, wait, minimum, maximum, isolation, no session (id 0, epoch -1), then one topic of one partition:
    # number, leader epoch, offset, log start (a follower's), limit; nothing forgotten.
    body = struct.pack(">iiiibii", -1, 1000, 1, _MAX_BYTES, 0, 0, -1)
    body += struct.pack(f">ih{len(topic)}s", 1, len(topic), topic)
    body += struct.pack(">iiiqqi", 1, partition, -1, 0, -1, _MAX_BYTES) + struct.pack(">i", 0)
    return header + body


def _record_bytes(answer: bytes) -> bytes:
    # correlation, throttle, error, session, count of topics
    at = 4 + 4 + 2 + 4 + 4
    (length,) = struct.unpack_from(">h", answer, at)
    at += 2 + length + 4  # the name, count of partitions
    _, error, _, _, _, aborted = struct.unpack_from(">ihqqqi", answer, at)
    if error:
        raise RuntimeError(f"Fetch answered error {error}")
    at += 34 + 16 * max(aborted, 0)
    (size,) = struct.unpack_from(">i", answer, at)
    return answer[at + 4 : at + 4 + size]


def _codecs_of(batches: bytes) -> list[str]:
    codecs, at = [], 0
    while at + 61 <= len(batches):
        (length,) = struct.unpack_from(">i", batches, at + 8)
        (attributes,) = struct.unpack_from(">h", batches, at + 21)
        codecs.append(CODECS[attributes & 7])
        at += 12 + length
    return codecs
