"""Plausible requests: random messages whose names, ids, numbers and records are mostly those of a broker that exists."""

from random import Random
from typing import Any

from broker.wire.generator.layout import Layout
from broker.wire.headers import start_request
from broker.wire.records.compression import Codec
from broker.wire.records.record import encode_batch
from broker.wire.schema import ApiFacts, Field, Struct
from tests.broker.wire.random_messages import MessageBuilder
from tests.broker.wire.records.batches import sample

NAMES = ("orders", "compacted", "stamped", "g", "h", "m", "", "range", "consumer", "1", "orders-2", "retention.ms", "1000", "no/name", "é" * 99)
SMALL = (0, 0, 1, 1, 2, 3, 5, 100, -1, -2)
CODECS = tuple(Codec)


class PlausibleBuilder(MessageBuilder):
    """Builds one request in one version."""

    topic_ids: tuple[bytes, ...] = (bytes(16), bytes(15) + b"\x01")
    member_ids: tuple[str, ...] = ()

    def _element(self, field: Field) -> Any:
        random = self._random
        if field.type == "string" and random.random() < 0.9:
            return random.choice((*NAMES, *self.member_ids))
        if field.type == "uuid" and random.random() < 0.9:
            return random.choice(self.topic_ids)
        if field.type == "records":
            return some_records(random)
        if field.type == "bytes" and random.random() < 0.5:
            # What consumers send as metadata: version, topics, user data.
            return b"\x00\x01\x00\x00\x00\x01\x00\x06orders\xff\xff\xff\xff"
        return super()._element(field)

    def integer(self, field: Field) -> int:
        if field.name.endswith("_ms") and self._random.random() < 0.5:
            return self._random.choice((0, 1, 6000, 10_000))
        if self._random.random() < 0.8:
            return self._random.choice(SMALL)
        return super().integer(field)

    def build(self, struct: Struct) -> Any:
        """An object of the struct's class."""
        return super().build(struct)


def some_records(random: Random) -> bytes:
    """One batch, or what is left of one."""
    idempotent = random.random() < 0.5
    batch = bytes(
        encode_batch(
            sample(random.choice((1, 1, 2, 5, 50))),
            codec=random.choice(CODECS),
            producer_id=random.choice((0, 1, 7)) if idempotent else -1,
            producer_epoch=0 if idempotent else -1,
            base_sequence=random.choice((0, 1, 5)) if idempotent else -1,
        )
    )
    match random.randrange(12):
        case 0:
            return batch + batch
        case 1:
            return batch[: random.randrange(len(batch))]
        case 2:
            return b""
    return batch


def request_frame(random: Random, api: ApiFacts, version: int, message: Any) -> bytes:
    """The frame without its length."""
    from broker.wire.registry import codec

    client = random.choice((None, "client", "é"))
    writer = start_request(api.key, version, random.randrange(1 << 31), client)
    codec(api.key).encode_request(version, message, writer)
    return b"".join(bytes(chunk) for chunk in writer.frame())[4:]


def layout_of(api: ApiFacts, version: int) -> Layout:
    """The request's shape in that version."""
    return Layout(api.request, version)
