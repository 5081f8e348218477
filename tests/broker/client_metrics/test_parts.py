"""The parts of a push, counted before anything is made of them."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.client_metrics.parts import FIELDS_MAX, NESTED_MAX, check_parts
from broker.wire.errors import DecodeError
from broker.wire.records.compression import OutputLimitError
from tests.broker.client_metrics.pushes import gauge, push_of, total


def sized(tag: int, content: bytes) -> bytes:
    size, out = len(content), bytearray([tag])
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    out.append(size)
    return bytes(out) + content


def test_what_clients_push_passes() -> None:
    """Thousands of metrics with labels, more than the megabyte that clients are told to keep to."""
    push = push_of([(gauge, total)[number % 2](f"org.apache.kafka.m{number}", number, topic="t", partition=number) for number in range(14_500)], group_id="g")
    assert 1 << 20 < len(push) < 2 << 20
    calls: list[None] = []
    check_parts(push, lambda: calls.append(None))
    assert len(calls) > 10


@pytest.mark.parametrize("tags", [(), (0x0A,), (0x0A, 0x12), (0x0A, 0x12, 0x12, 0x2A), (0x0A, 0x12, 0x12, 0x4A), (0x0A, 0x0A, 0x0A, 0x12, 0x2A)])
def test_very_many_nothings_are_refused(tags: tuple[int, ...]) -> None:
    """At every depth: resources, scopes, points, values of lists in attributes. (What is first in a metric is its name.)"""
    push = b"\x0a\0" * (NESTED_MAX + 1)
    for tag in reversed(tags):
        push = sized(tag, push)
    began = time.perf_counter()
    with pytest.raises(OutputLimitError, match="messages within a push"):
        check_parts(push)
    assert time.perf_counter() - began < 2


def test_very_many_fields_are_refused() -> None:
    """Even if nothing is made of them."""
    with pytest.raises(OutputLimitError, match="fields"):
        check_parts(b"\x78\1" * (FIELDS_MAX + 1))


def test_groups_are_refused() -> None:
    """Behind one anything could hide."""
    with pytest.raises(DecodeError, match="group"):
        check_parts(b"\x0b\x0c")


@given(st.binary(max_size=200))
def test_any_bytes_are_passed_or_refused(data: bytes) -> None:
    """What is wrong besides is for protobuf to say."""
    with contextlib.suppress(DecodeError):
        check_parts(data)
