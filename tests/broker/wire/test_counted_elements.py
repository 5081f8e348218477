"""What a request may have at most, in every flexible version of every API: elements of its arrays, and tagged fields that nobody knows."""

import time
import tracemalloc
from collections.abc import Iterator
from random import Random

import pytest

from broker.wire.errors import DecodeError
from broker.wire.generator.layout import Layout
from broker.wire.headers import decode_request_header, start_request
from broker.wire.primitives import ELEMENTS_MAX, TAGS_MAX
from broker.wire.registry import request_decoder
from broker.wire.schema import ApiFacts
from broker.wire.writer import put_uvarint
from tests.broker.wire.random_messages import APIS, encode, random_message

pytestmark = pytest.mark.fuzz

FLEXIBLE = [(api, version) for api in APIS for version in api.request.versions if version in api.request.flexible]
IDS = [f"{api.name}-{version}" for api, version in FLEXIBLE]
HUGE = 200_000
NOTHINGS = b"\1" * (HUGE * 40)


def tags(count: int, size: int = 0) -> bytes:
    out = bytearray()
    put_uvarint(out, count)
    for number in range(count):
        put_uvarint(out, 1_000 + number)
        put_uvarint(out, size)
        out += bytes(size)
    return bytes(out)


MANY = tags(200_000)


@pytest.mark.parametrize(("api", "version"), FLEXIBLE, ids=IDS)
def test_a_header_has_few_tagged_fields(api: ApiFacts, version: int) -> None:
    """Some unknown ones are stepped over, a large one is as well; more than a few are refused before they are looked at."""
    start = bytes(start_request(api.key, version, 1, None).buffer)[4:-1]
    for fine in (tags(TAGS_MAX), tags(1, 60_000)):
        assert decode_request_header(memoryview(start + fine))[4] == len(start) + len(fine)
    began = time.perf_counter()
    with pytest.raises(DecodeError, match=f"200000 tagged fields, {TAGS_MAX} are allowed"):
        decode_request_header(memoryview(start + MANY))
    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(("api", "version"), FLEXIBLE, ids=IDS)
def test_a_body_has_few_tagged_fields(api: ApiFacts, version: int) -> None:
    """Behind everything else: as the header."""
    message = random_message(Random(1), api, api.request, version)
    for field in Layout(api.request, version).tagged(api.request.root):
        setattr(message, field.name, getattr(type(message)(), field.name))
    body = encode(api, api.request, version, message)
    assert body.endswith(b"\0")
    decode = request_decoder(api.key, version)
    decode(memoryview(body[:-1] + tags(TAGS_MAX)), 0)
    decode(memoryview(body[:-1] + tags(1, 60_000)), 0)
    with pytest.raises(DecodeError, match=f"200000 tagged fields, {TAGS_MAX} are allowed"):
        decode(memoryview(body[:-1] + MANY), 0)


def _first_arrays() -> Iterator[tuple[ApiFacts, int, int]]:
    """Requests that begin with an array once fixed fields are left out: the API, a version, and where the array's length stands."""
    for api, version in FLEXIBLE:
        layout = Layout(api.request, version)
        at = 0
        for field in layout.plain(api.request.root):
            if field.is_array:
                yield api, version, at
                break
            if field.struct is not None or field.type in ("string", "bytes", "records"):
                break
            at += {"bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uuid": 16, "float64": 8, "uint16": 2}[field.type]


ARRAYS = list(_first_arrays())


@pytest.mark.parametrize(("api", "version", "at"), ARRAYS, ids=[f"{api.name}-{version}" for api, version, _ in ARRAYS])
def test_an_array_of_nothings_is_refused_before_any_is_made(api: ApiFacts, version: int, at: int) -> None:
    """Whether its bytes are there or not."""
    length = bytearray()
    put_uvarint(length, HUGE + 1)
    frame = memoryview(bytes(at) + bytes(length) + NOTHINGS)
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError, match=f"more than {ELEMENTS_MAX} elements in one request|do not fit"):
            request_decoder(api.key, version)(frame, 0)
        assert tracemalloc.get_traced_memory()[1] < 1 << 16
    finally:
        tracemalloc.stop()


def test_elements_of_arrays_within_arrays_count_together() -> None:
    """Each array may be small: 101 topics of 1,000 partitions are too many, 99 are not."""
    decode = request_decoder(9, 7)  # OffsetFetch

    def body(topics: int) -> memoryview:
        out = bytearray(b"\2g")
        put_uvarint(out, topics + 1)
        for _ in range(topics):
            out += b"\2a"
            put_uvarint(out, 1_001)
            out += bytes(4_000) + b"\0"
        return memoryview(bytes(out) + b"\0\0")

    assert len(decode(body(99), 0).topics) == 99
    with pytest.raises(DecodeError, match=r"OffsetFetchRequestTopic\.partition_indexes: more than 100000 elements"):
        decode(body(101), 0)


def test_tagged_fields_count_with_elements() -> None:
    """A few in each of very many elements."""
    topic = bytes(16) + b"\2a" + tags(3)
    length = bytearray()
    put_uvarint(length, 30_001)
    with pytest.raises(DecodeError, match="tagged fields: more than 100000 elements"):
        request_decoder(3, 12)(memoryview(bytes(length) + topic * 30_000 + b"\1\1\1\0"), 0)
