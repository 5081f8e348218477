"""What brokers tell each other, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cluster.hints import (
    COMPACTED,
    ENDED,
    FACTS_A_FRAME,
    FIRST_VERSION,
    FRAME_BYTES_MAX,
    LAST_VERSION,
    LOOK,
    METADATA,
    PUBLISHED,
    Challenge,
    Fact,
    Hello,
    NotUnderstood,
    PendingFacts,
    check_proof,
    choose_version,
    compacted,
    ended,
    frame,
    proof,
    published,
    read_challenge,
    read_compacted,
    read_ended,
    read_hello,
    read_published,
    read_version,
    version,
)

NONCE = bytes(range(32))
HELLO = Hello(1, 1, 7, 3, NONCE)
CHALLENGE = Challenge(1, 8, 4, NONCE[::-1])
FACTS = st.builds(
    Fact, st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 63) - 1), st.integers(0, (1 << 32) - 1)
)


def frames_of(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append((data[4], data[5 : 4 + length]))
        data = data[4 + length :]
    return found


@given(facts=st.lists(FACTS, max_size=50))
def test_facts_arrive_as_they_were_told(facts: list[Fact]) -> None:
    """Pid, high watermark and size of each."""
    assert read_published(published(facts)) == facts


@given(places=st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 63) - 1)), max_size=50))
def test_places_in_compacted_logs_arrive_as_they_were_told(places: list[tuple[int, int]]) -> None:
    """Pid and offset of each."""
    assert read_compacted(compacted(places)) == places


def test_the_greeting_is_what_other_releases_expect() -> None:
    """These bytes must never change: a broker of the next release says them first."""
    assert HELLO.encode() == bytes.fromhex("0001" "0001" "00000007" "0000000000000003") + NONCE
    assert CHALLENGE.encode() == bytes.fromhex("0001" "00000008" "0000000000000004") + NONCE[::-1]
    assert frame(LOOK) == bytes.fromhex("00000001" "13")
    assert frame(ENDED, ended([1, 258])) == bytes.fromhex("00000009" "14" "00000001" "00000102")
    assert frame(COMPACTED, compacted([(258, 7)])) == bytes.fromhex("0000000d" "15" "00000102" "0000000000000007")
    assert frame(METADATA, version(5)) == bytes.fromhex("00000009" "11" "0000000000000005")


def test_a_newer_broker_may_say_more() -> None:
    """What follows the part that is known is passed over, and the newest version that both speak is spoken."""
    hello = read_hello(Hello(1, 9, 7, 3, NONCE).encode() + b"more")

    assert (hello.node_id, hello.epoch, hello.nonce) == (7, 3, NONCE)
    assert choose_version(hello) == LAST_VERSION
    assert read_challenge(CHALLENGE.encode() + b"p" * 32 + b"more") == (CHALLENGE, b"p" * 32)


def test_brokers_without_a_common_version_do_not_talk() -> None:
    """They hear of everything by the catalog then."""
    with pytest.raises(NotUnderstood):
        choose_version(Hello(LAST_VERSION + 1, LAST_VERSION + 2, 1, 1, NONCE))
    with pytest.raises(NotUnderstood):
        read_challenge(Challenge(LAST_VERSION + 1, 1, 1, NONCE).encode() + b"p" * 32)
    assert FIRST_VERSION <= LAST_VERSION


def test_a_proof_is_good_for_one_side_of_one_greeting() -> None:
    """It cannot be sent back, nor kept for another time, nor made without the secret."""
    given = proof(b"secret", b"dial", HELLO, CHALLENGE)
    check_proof(given, b"secret", b"dial", HELLO, CHALLENGE)
    other = Hello(1, 1, 7, 3, b"n" * 32)
    for wrong in (
        (given, b"other", b"dial", HELLO, CHALLENGE),
        (given, b"secret", b"accept", HELLO, CHALLENGE),
        (given, b"secret", b"dial", other, CHALLENGE),
        (given, b"secret", b"dial", HELLO, Challenge(1, 9, 4, NONCE)),
        (b"", b"secret", b"dial", HELLO, CHALLENGE),
    ):
        with pytest.raises(NotUnderstood):
            check_proof(*wrong)


@given(data=st.binary(max_size=200))
def test_whatever_comes_is_understood_or_refused(data: bytes) -> None:
    """Never anything else."""
    for read in (read_hello, read_challenge, read_published, read_ended, read_compacted, read_version):
        try:
            read(data)
        except NotUnderstood:
            pass


@given(told=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000), st.integers(0, 100)), max_size=100))
def test_of_each_partition_the_latest_is_told(told: list[tuple[int, int, int]]) -> None:
    """However often it was told: the highest watermark, and all the bytes."""
    pending = PendingFacts()
    for fact in told:
        assert pending.add(*fact)
    data, count = pending.take()
    facts = {fact.pid: fact for kind, payload in frames_of(data) if kind == PUBLISHED for fact in read_published(payload)}

    assert count == len(facts) == len({pid for pid, _, _ in told})
    assert not pending
    for pid, fact in facts.items():
        mine = [each for each in told if each[0] == pid]
        assert fact == Fact(pid, max(high for _, high, _ in mine), sum(size for _, _, size in mine))


def test_what_a_slow_broker_is_to_be_told_does_not_grow() -> None:
    """Facts beyond the limit are dropped, those of partitions that are there already are not."""
    pending = PendingFacts(limit=10)
    taken = [pending.add(pid, 1, 1) for pid in range(20)]

    assert taken == [True] * 10 + [False] * 10
    assert pending.add(3, 2, 1)
    assert [pending.ended(pid) for pid in range(12)] == [True] * 10 + [False] * 2
    assert pending.ended(3)
    assert [pending.compacted(pid, 5) for pid in range(12)] == [True] * 10 + [False] * 2
    assert pending.compacted(3, 6)


@given(pids=st.lists(st.integers(0, (1 << 32) - 1), max_size=50))
def test_partitions_of_ended_transactions_are_told_once_each(pids: list[int]) -> None:
    """However many transactions ended on them since."""
    pending = PendingFacts()
    for pid in pids:
        assert pending.ended(pid)
    assert bool(pending) == bool(pids)
    data, count = pending.take()
    told = [pid for kind, payload in frames_of(data) if kind == ENDED for pid in read_ended(payload)]

    assert told == list(dict.fromkeys(pids))
    assert count == len(told)
    assert not pending


@given(told=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000)), max_size=100))
def test_of_each_compacted_log_the_furthest_place_is_told(told: list[tuple[int, int]]) -> None:
    """What was replaced below an offset was replaced below an earlier one, too."""
    pending = PendingFacts()
    for pid, below in told:
        assert pending.compacted(pid, below)
    assert bool(pending) == bool(told)
    data, count = pending.take()
    places = [place for kind, payload in frames_of(data) if kind == COMPACTED for place in read_compacted(payload)]

    assert dict(places) == {pid: max(below for each, below in told if each == pid) for pid, _ in told}
    assert count == len(places) == len(dict(places))
    assert not pending


def test_no_frame_is_longer_than_what_is_read() -> None:
    """With as many facts as fit, and more in the next one."""
    pending = PendingFacts()
    for pid in range(FACTS_A_FRAME + 5):
        pending.add(pid, 1 << 62, 1 << 40)
        pending.ended(pid)
        pending.compacted(pid, 1 << 62)
    pending.metadata(7)
    pending.look()
    first, count = pending.take()
    second, rest = pending.take()

    assert [kind for kind, _ in frames_of(first)] == [LOOK, METADATA, PUBLISHED, ENDED, COMPACTED]
    assert (count, rest) == (3 * FACTS_A_FRAME + 2, 15)
    assert all(1 + len(payload) <= FRAME_BYTES_MAX for _, payload in frames_of(first) + frames_of(second))
    assert not pending


def test_the_newest_version_is_told_once() -> None:
    """Older ones are worth nothing beside it."""
    pending = PendingFacts()
    for number in (3, 9, 5):
        pending.metadata(number)

    assert frames_of(pending.take()[0]) == [(METADATA, version(9))]
    assert pending.take() == (b"", 0)
