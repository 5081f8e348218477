"""What objects say is sorted as the rebuild needs it."""

from collections.abc import Iterator

import pytest

from broker.storage.checking.found_objects import FoundObjects
from broker.storage.checking.object_contents import Contents
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.footer import UNKNOWN, FooterEntry, PartitionName

NAME = PartitionName(b"t" * 16, "orders", 0)


def flush(object_id: int, created: int, *pids: int, name: PartitionName = UNKNOWN) -> Contents:
    entries = [FooterEntry(pid, name, at * 10, 10, 1, 1, 1) for at, pid in enumerate(pids)]
    return Contents(object_id=object_id, end=100, entries=entries, is_whole=False, created_ms=created, cluster_id="a")


def whole(object_id: int, created: int, base: int, last: int, *sources: int) -> Contents:
    entry = FooterEntry(1, NAME, 0, 10, 1, 1, 1, base, last, 0, sources)
    return Contents(object_id=object_id, end=100, entries=[entry], is_whole=True, created_ms=created, cluster_id="b")


@pytest.fixture
def found() -> Iterator[FoundObjects]:
    objects = FoundObjects()
    yield objects
    objects.close()


def test_flushes_come_in_the_order_they_were_written(found: FoundObjects) -> None:
    """By their brokers' clocks, then by their ids."""
    for each in (flush(3, 50, 1), flush(2, 60, 1, 2), flush(1, 50, 2)):
        found.add(each)
    found.sort()
    assert list(found.flushes()) == [(1, [(2, 0, 10)]), (3, [(1, 0, 10)]), (2, [(1, 0, 10), (2, 10, 10)])]
    assert (found.cluster_id(), found.nameless(), found.newest_id) == ("a", [1, 2], 3)


def test_what_a_part_was_made_of_does_not_come_again(found: FoundObjects) -> None:
    """Nor what that was made of; other logs in the same objects do."""
    for each in (
        flush(1, 1, 1, 2),
        flush(2, 2, 1),
        whole(100, 3, 0, 1, 1, 2),
        flush(3, 4, 1),
        whole(101, 5, 0, 2, 100, 3),
        flush(4, 6, 1),
    ):
        found.add(each)
    found.sort()
    part = max(found.whole_parts(1), key=lambda each: each.created_ms)
    found.consume(1, part.place)
    assert list(found.flushes()) == [(1, [(2, 10, 10)]), (4, [(1, 0, 10)])]
    assert found.entry(part.place).last == 2
    assert found.names()[1][0] == NAME
    assert found.keep_newest(1)
    assert not found.keep_newest(7)


def test_what_lay_before_the_first_source_was_cut_off(found: FoundObjects) -> None:
    """Retention had taken it before the merge."""
    for each in (flush(1, 1, 1), flush(2, 2, 1), whole(100, 3, 5, 6, 2), flush(3, 4, 1)):
        found.add(each)
    found.sort()
    (part,) = found.whole_parts(1)
    found.consume(1, part.place)
    found.consume_older(1)
    assert list(found.flushes()) == [(3, [(1, 0, 10)])]


def test_ids_of_both_kinds_come_from_the_same_numbers(found: FoundObjects) -> None:
    """None of them is to be given again."""
    found.add(whole(WHOLE_OBJECTS + 5, 1, 0, 1))
    found.add(flush(9, 1, 1))
    assert found.newest_id == 9
    found.add(whole(WHOLE_OBJECTS + 12, 1, 0, 1))
    assert found.newest_id == 12
