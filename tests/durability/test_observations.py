"""The checker of exactly-once finds what was planted, and nothing where nothing is wrong."""

import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.durability.observations import Audit, Kind, Reading

Record = tuple[int, str]


def results(sizes: Iterable[int], *, doomed: Iterable[int] = ()) -> list[Record]:
    """Offsets and values of transactions of these sizes; after each there is a marker."""
    records: list[Record] = []
    number, offset = 0, 0
    for at, size in enumerate(sizes):
        fate = "doomed" if at in doomed else "kept"
        for place in range(size):
            records.append(
                (offset + place, f"{number + place} {2 * (number + place)} t{at} {place} {size} java-4 {fate}")
            )
        offset += size + 1
        number += 0 if fate == "doomed" else size
    return records


def reading(records: Iterable[Record]) -> Reading:
    seen = Reading("output 0")
    for offset, value in records:
        seen.see(offset, value.encode())
    return seen


def kinds(records: Iterable[Record]) -> set[Kind]:
    return {fault.kind for fault in reading(records).faults}


@given(sizes=st.lists(st.integers(1, 9), max_size=30))
def test_nothing_is_found_where_nothing_is_wrong(sizes: list[int]) -> None:
    """Whole transactions in order, and the group's offset at the end of each."""
    seen = reading(results(sizes))
    seen.rest(sum(sizes) + len(sizes))
    seen.agree(0, 0, 0)
    for offset, count in seen.ends.items():
        seen.agree(count, offset, count)

    assert seen.faults == []
    assert seen.count == sum(sizes)
    assert seen.clients.total() == len(sizes)


SIZES = [3, 1, 4, 2]


@pytest.mark.parametrize("at", range(9))
def test_a_lost_record_is_found(at: int) -> None:
    """Wherever it is but at the very end, where it has not been read yet."""
    records = results(SIZES)
    del records[at]
    assert Kind.LOST in kinds(records)


@pytest.mark.parametrize("at", range(10))
def test_a_doubled_record_is_found(at: int) -> None:
    """Written again at the end, as by a repeated transaction, or delivered again where it was."""
    records = results(SIZES)
    again = " ".join([*records[at][1].split(" ")[:2], "t9", "0", "1", "java-4", "kept"])
    assert kinds([*records, (99, again)]) == {Kind.DOUBLED}
    assert {Kind.DOUBLED, Kind.DISORDER} <= kinds([*records[: at + 1], *records[at:]])


def test_an_aborted_record_is_found() -> None:
    """One of a transaction that was given up on purpose, and the result of an input that was."""
    assert kinds(results(SIZES, doomed=[2])) == {Kind.ABORTED}
    assert kinds([(0, "-1 0 t0 0 1 java-4 kept")]) == {Kind.ABORTED}


def test_a_torn_transaction_is_found() -> None:
    """At its beginning, at its end, in the middle of another, and while it is half visible at the last stable offset."""
    records = results([3, 3])
    renamed = [(offset, value.replace(" t1 ", " t0 ")) for offset, value in records]
    assert Kind.TORN in kinds(renamed)
    headless = [(offset, value) for offset, value in results([2, 2]) if offset != 0]
    assert Kind.TORN in kinds(headless)
    half = reading(records[:4])
    assert half.faults == []
    half.rest(5)
    assert [fault.kind for fault in half.faults] == [Kind.TORN]
    cut = [records[0], (4, "1 2 t1 0 1 java-4 kept")]
    assert kinds(cut) == {Kind.TORN}


@pytest.mark.parametrize(("before", "offset", "after"), [(0, 4, 10), (0, 6, 2), (4, 6, 10)])
def test_an_offset_that_disagrees_is_found(before: int, offset: int, after: int) -> None:
    """In the middle of a transaction, ahead of what is visible, and behind it."""
    seen = reading(results(SIZES))
    seen.agree(3, 5, 3)
    assert seen.faults == []
    seen.agree(before, offset, after)
    assert [fault.kind for fault in seen.faults] == [Kind.TORN]


def test_two_records_in_the_wrong_order_are_found() -> None:
    """Whatever the seed, every exchange of neighbours is."""
    chance = random.Random(7)
    records = results(SIZES)
    at = chance.randrange(len(records) - 1)
    values = [value for _, value in records]
    values[at], values[at + 1] = values[at + 1], values[at]
    assert {Kind.LOST, Kind.DOUBLED} <= kinds(zip((offset for offset, _ in records), values, strict=True))


def audit(*values: str) -> Audit:
    seen = Audit()
    for offset, value in enumerate(values):
        seen.see(2 * offset, value.encode())
    return seen


SOUND = ("t0 3 0 java-4 kept", "t1 1 0 java-4 kept")


def test_the_audit_agrees() -> None:
    """Every transaction is in both."""
    both = [reading(results([3, 1]))]
    seen = audit(*SOUND)
    assert [*seen.faults, *seen.ahead(2, both), *seen.behind(both)] == []


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (lambda: audit(*SOUND, SOUND[0]).faults, Kind.DOUBLED),
        (lambda: audit("t0 3 0 java-4 doomed").faults, Kind.ABORTED),
        (lambda: audit(*SOUND).ahead(2, [reading(results([3]))]), Kind.TORN),
        (lambda: audit(*SOUND).ahead(2, [reading(results([3, 2]))]), Kind.TORN),
        (lambda: audit(SOUND[0]).behind([reading(results([3, 1]))]), Kind.TORN),
    ],
)
def test_what_is_wrong_with_the_audit_is_found(plant: Callable[[], list], kind: Kind) -> None:  # type: ignore[type-arg]
    """A record twice, an aborted one, a transaction without its results or with too many, results without their transaction."""
    assert [fault.kind for fault in plant()] == [kind]
