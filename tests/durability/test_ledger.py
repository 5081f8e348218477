"""Who checks the checker: each rule of the ledger, broken once."""

import pytest

from tests.durability.ledger import Fingerprint, Ledger, value

KEY = (3, 1)


def ledger_of(sent: int) -> Ledger:
    ledger = Ledger()
    for _ in range(sent):
        ledger.sending(KEY)
    return ledger


def see(ledger: Ledger, offset: int, number: int) -> None:
    ledger.was_seen(1, offset, value(3, 1, number, b"..."))


def test_all_acknowledged_and_seen_in_order_is_right() -> None:
    """Whether the acknowledgement comes before the reading or after it."""
    ledger = ledger_of(3)
    ledger.was_acknowledged(KEY, 0, 10)
    see(ledger, 10, 0)
    see(ledger, 11, 1)
    ledger.was_acknowledged(KEY, 1, 11)
    ledger.was_acknowledged(KEY, 2, -1)
    see(ledger, 14, 2)

    assert ledger.settle() == []


@pytest.mark.parametrize("seen", [(), (0,), (0, 1, 3), (1, 2, 3), (0, 0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_lost_repeated_reordered_and_invented_records_are_noticed(seen: tuple[int, ...], acknowledged_first: bool) -> None:
    """Of four records, all acknowledged."""
    ledger = ledger_of(4)
    for step in (True, False) if acknowledged_first else (False, True):
        for index, number in enumerate(range(4) if step else seen):
            if step:
                ledger.was_acknowledged(KEY, number, -1)
            else:
                see(ledger, index, number)

    assert ledger.settle()


@pytest.mark.parametrize("seen", [(0, 2), (0, 1, 2)])
def test_a_record_that_was_given_up_may_be_there_or_not(seen: tuple[int, ...]) -> None:
    """Once at most."""
    ledger = ledger_of(3)
    ledger.was_acknowledged(KEY, 0, -1)
    ledger.was_given_up(KEY, 1)
    ledger.was_acknowledged(KEY, 2, -1)
    for index, number in enumerate(seen):
        see(ledger, index, number)

    assert ledger.settle() == []


@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_a_record_elsewhere_than_acknowledged_is_noticed(acknowledged_first: bool) -> None:
    """An offset once given stays."""
    ledger = ledger_of(1)
    if acknowledged_first:
        ledger.was_acknowledged(KEY, 0, 7)
    see(ledger, 8, 0)
    if not acknowledged_first:
        ledger.was_acknowledged(KEY, 0, 7)

    assert ledger.settle()


def test_an_unanswered_record_is_noticed() -> None:
    """Every record sent must come to an end."""
    ledger = ledger_of(1)
    see(ledger, 0, 0)

    assert ledger.settle()


def test_a_fingerprint_depends_on_everything_read() -> None:
    """Offsets, timestamps and bytes; holes are named."""
    prints = []
    for offset, timestamp, data in ((0, 5, b"a"), (1, 5, b"a"), (0, 6, b"a"), (0, 5, b"b")):
        fingerprint = Fingerprint()
        assert (fingerprint.add(0, offset, timestamp, data) is None) == (offset == 0)
        prints.append(fingerprint.checksums[0])

    assert len(set(prints)) == 4
