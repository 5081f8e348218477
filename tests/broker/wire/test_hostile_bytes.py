"""Every decoder against bytes that nobody should send: DecodeError is the only answer, and memory stays bounded."""

import tracemalloc
from random import Random

import pytest

from broker.wire.errors import DecodeError
from broker.wire.generator.layout import Layout
from broker.wire.schema import ApiFacts, MessageFacts
from tests.broker.wire.random_messages import APIS, decode, encode, every_message, random_message

pytestmark = pytest.mark.fuzz

MESSAGES = [(api, message) for api in APIS for message in api.messages]
IDS = [message.root.class_name for _, message in MESSAGES]
MUTANTS_PER_VERSION = 30
PREFIXES_PER_VERSION = 60

MOST_BYTES_PER_BYTE = 100
"""An empty struct of three bytes becomes an object and its lists of some 180: what decoding may cost at worst."""
ALLOWANCE = 64 * 1024
"""For what does not depend on the input: exceptions, tracebacks, caches."""


@pytest.mark.parametrize(("api", "message"), MESSAGES, ids=IDS)
def test_a_truncated_message_is_refused(api: ApiFacts, message: MessageFacts) -> None:
    """No prefix of a valid message is a valid message, whatever is cut."""
    for version in message.versions:
        random = Random(f"cut {message.root.class_name} {version}")
        body = memoryview(encode(api, message, version, random_message(random, api, message, version)))
        lengths = (
            range(len(body))
            if len(body) <= PREFIXES_PER_VERSION
            else random.sample(range(len(body)), PREFIXES_PER_VERSION)
        )
        for length in lengths:
            with pytest.raises(DecodeError):
                decode(api, message, version, body[:length])


@pytest.mark.parametrize(("api", "message"), MESSAGES, ids=IDS)
def test_trailing_bytes_are_ignored(api: ApiFacts, message: MessageFacts) -> None:
    """What follows a message in its frame changes nothing, as in Kafka: some clients send a few bytes too many."""
    for version in message.versions:
        body = encode(api, message, version, random_message(Random(version), api, message, version))
        assert decode(api, message, version, body + b"\x01\x00") == decode(api, message, version, body)


@pytest.mark.parametrize(("api", "message"), MESSAGES, ids=IDS)
def test_mutated_messages_are_decoded_or_refused_within_bounded_memory(api: ApiFacts, message: MessageFacts) -> None:
    """Flipped, lost and added bytes lead to a message or to DecodeError, never to anything else nor to much memory."""
    for version in message.versions:
        random = Random(f"mutate {message.root.class_name} {version}")
        body = encode(api, message, version, random_message(random, api, message, version))
        decode(api, message, version, body)
        tracemalloc.start()
        try:
            for _ in range(MUTANTS_PER_VERSION):
                mutant = mutated(random, body)
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                try:
                    decode(api, message, version, mutant)
                except DecodeError:
                    pass
                peak = tracemalloc.get_traced_memory()[1] - before
                assert peak < len(mutant) * MOST_BYTES_PER_BYTE + ALLOWANCE
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "filler", [b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01", b"\xff\xff\xff\xff\x0f", b"\x7f\xff\xff\xff"]
)
def test_huge_counts_are_refused_before_anything_is_allocated(filler: bytes) -> None:
    """Lengths far beyond the frame, at every place a length can stand, cost nothing."""
    for api, message, version in every_message():
        random = Random(f"huge {message.root.class_name} {version}")
        body = encode(api, message, version, random_message(random, api, message, version))
        tracemalloc.start()
        try:
            for _ in range(6):
                place = random.randrange(len(body) + 1)
                hostile = body[:place] + filler * 3 + body[place:]
                try:
                    decode(api, message, version, hostile)
                except DecodeError:
                    pass
            assert tracemalloc.get_traced_memory()[1] < 6 * len(hostile) * MOST_BYTES_PER_BYTE + ALLOWANCE
        finally:
            tracemalloc.stop()


def test_unknown_tagged_fields_are_skipped() -> None:
    """What a newer peer adds in tagged fields changes nothing (KIP-482)."""
    tested = 0
    for api, message, version in every_message():
        layout = Layout(message, version)
        if not layout.flexible or layout.tagged(message.root):
            continue
        tested += 1
        value = random_message(Random(version), api, message, version)
        body = encode(api, message, version, value)
        assert body[-1] == 0

        assert decode(api, message, version, body[:-1] + b"\x02\x63\x03abc\x80\x01\x00") == value
        for damaged in (
            b"\x02\x63\x00\x63\x00",
            b"\x02\x64\x00\x63\x00",
            b"\x01\x63\x04abc",
            b"\x7f\x63\x00",
            b"\x01\x63",
        ):
            with pytest.raises(DecodeError):
                decode(api, message, version, body[:-1] + damaged)
    assert tested > 200


def test_the_costliest_request_stays_within_the_bound() -> None:
    """A request of nothing but empty structs, three bytes each, is what expands the most."""
    api = next(api for api in APIS if api.module == "offset_fetch")
    count = 30_000
    body = (
        bytes([count + 1 & 0x7F | 0x80, count + 1 >> 7 & 0x7F | 0x80, count + 1 >> 14])
        + b"\x01\x01\x00" * count
        + b"\x00\x00"
    )
    tracemalloc.start()
    try:
        request = decode(api, api.request, 8, body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(request.groups) == count
    assert peak < len(body) * MOST_BYTES_PER_BYTE


def mutated(random: Random, body: bytes) -> bytes:
    """The body with a few bytes flipped, lost, repeated or put in."""
    data = bytearray(body)
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(data) + 1)
        match random.randrange(4):
            case 0 if place < len(data):
                data[place] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
            case 1:
                del data[place : place + random.randint(1, 4)]
            case 2:
                data[place:place] = random.choice(
                    (b"\xff\xff\xff\xff\x0f", b"\x7f\xff\xff\xff", b"\xff\xff", random.randbytes(2))
                )
            case 3:
                data[place:place] = data[place : place + random.randint(1, 8)]
    return bytes(data)
