"""Footers come back as they were written, and what is no footer is refused."""

from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.storage.objects import footer
from broker.storage.objects.footer import (
    FLUSH,
    TRAILER_BYTES,
    UNKNOWN,
    WHOLE,
    Footer,
    FooterCorrupt,
    FooterEntry,
    PartitionName,
    entry_of,
    pack_footer,
    read_footer,
    read_trailer,
)
from tests.broker.log.harness import batch

NAMES = st.builds(
    PartitionName,
    topic_id=st.binary(min_size=16, max_size=16).filter(any),
    topic=st.text(max_size=20).filter(lambda text: text.isascii() or max(text) < "\ud800"),
    index=st.integers(0, 2**31 - 1),
)
PAYLOAD = 1 << 40


@st.composite
def entries(draw: st.DrawFn) -> FooterEntry:
    position = draw(st.integers(0, PAYLOAD))
    base = draw(st.integers(-1, 2**62))
    return FooterEntry(
        pid=draw(st.integers(0, 2**32 - 1)),
        name=draw(st.one_of(st.just(UNKNOWN), NAMES)),
        position=position,
        length=draw(st.integers(0, PAYLOAD - position)),
        batches=draw(st.integers(0, 2**32 - 1)),
        records=draw(st.integers(0, 2**62)),
        max_timestamp=draw(st.integers(-1, 2**62)),
        base=base,
        last=-1 if base < 0 else base + draw(st.integers(0, 1000)),
        flags=draw(st.integers(0, 2**16 - 1)),
        sources=tuple(draw(st.lists(st.integers(0, 2**63 - 1), max_size=3))),
    )


FOOTERS = st.builds(
    Footer,
    object_id=st.integers(0, 2**63 - 1),
    kind=st.sampled_from((FLUSH, WHOLE)),
    cluster_id=st.text(max_size=30).filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text)),
    created_ms=st.integers(0, 2**62),
    payload_length=st.just(PAYLOAD),
    payload_crc=st.integers(0, 2**32 - 1),
    entries=st.lists(entries(), max_size=8),
)
EXAMPLE = Footer(
    object_id=7,
    kind=WHOLE,
    cluster_id="cluster",
    created_ms=5,
    payload_length=100,
    payload_crc=1,
    entries=[FooterEntry(1, PartitionName(b"t" * 16, "orders", 3), 10, 20, 2, 6, 99, 40, 45, 1, (5, 6))],
)


@given(FOOTERS, st.binary(max_size=50))
def test_a_footer_comes_back(written: Footer, before: bytes) -> None:
    """Whatever stands before it."""
    data = pack_footer(written)
    found = read_footer(before + data)

    assert replace(found, entries=list(found.entries)) == written
    assert footer.footer_bytes(read_trailer(data)) == len(data)


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    """Of contents and of trailer."""
    whole = bytearray(pack_footer(EXAMPLE))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(FooterCorrupt):
        read_footer(bytes(whole))


def test_every_shortened_footer_is_refused() -> None:
    """From either end."""
    whole = pack_footer(EXAMPLE)
    for cut in range(1, len(whole) + 1):
        with pytest.raises(FooterCorrupt):
            read_footer(whole[cut:])
        with pytest.raises(FooterCorrupt):
            read_footer(whole[:-cut])


@given(st.binary(max_size=300))
def test_anything_else_is_refused(data: bytes) -> None:
    """With no other error, also when it ends as footers do."""
    with pytest.raises(FooterCorrupt):
        read_footer(data)
    with pytest.raises(FooterCorrupt):
        read_footer(data + footer.MAGIC)


def test_counts_are_believed_only_when_what_they_count_is_there() -> None:
    """Four billion topics or entries in a few bytes cost nothing (F6)."""
    for contents in (pack("<HI", 0, 2**32 - 1), pack("<HII", 0, 0, 2**32 - 1), pack("<HIII", 0, 0, 1, 2**32 - 1), pack("<HIII", 0, 0, 0, 2**32 - 1), pack("<H", 2**16 - 1)):
        with pytest.raises(FooterCorrupt):
            footer._contents(memoryview(contents), 100)


def test_a_topic_without_an_id_is_not_named() -> None:
    """It would be nobody's when it is written again."""
    with pytest.raises(FooterCorrupt, match="has no id"):
        footer._contents(memoryview(pack("<HI", 0, 1) + bytes(16) + pack("<HII", 0, 0, 0)), 100)
    assert footer._contents(memoryview(pack("<HI", 0, 1) + b"i" * 16 + pack("<HII", 0, 0, 0)), 100) == ("", [])


def test_entries_stay_within_the_payload() -> None:
    """And offsets are both there or neither (F2)."""
    good = EXAMPLE.entries[0]
    shorter = replace(EXAMPLE, payload_length=29)
    with pytest.raises(AssertionError, match="F2"):
        pack_footer(shorter)
    for bad in (replace(good, base=-1), replace(good, last=39), replace(good, last=-1)):
        with pytest.raises(FooterCorrupt, match="offsets"):
            read_footer(pack_footer(replace(EXAMPLE, entries=[bad])))


def test_another_version_and_another_size_are_refused() -> None:
    """Never guessed (F5)."""
    data = bytearray(pack_footer(EXAMPLE))
    with pytest.raises(FooterCorrupt, match="not 7"):
        read_footer(bytes(data), 7)
    data[-TRAILER_BYTES + 33] = 2
    with pytest.raises(FooterCorrupt, match="version 2"):
        read_footer(bytes(data))


def test_batches_are_counted() -> None:
    """What are none is nobody's."""
    data = memoryview(batch(3) + batch(5) + b"no batch")
    length = len(data) - 8
    found = entry_of(4, None, data, 0, length)

    assert (found.batches, found.records, found.name) == (2, 8, UNKNOWN)
    assert entry_of(4, None, data, length, 8).batches == 0
