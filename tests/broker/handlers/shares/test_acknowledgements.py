"""How acknowledgements are read and checked."""

import pytest

from broker.coordinators.shares.share_partition import Acknowledgement
from broker.handlers.shares.acknowledgements import are_ids, are_sound, said_in
from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
)


def test_a_partition_named_twice_is_read_whole() -> None:
    """And one of which nothing is said is left out."""
    batches = [ShareAcknowledgeRequestAcknowledgementBatch(first_offset=at, last_offset=at, acknowledge_types=[1]) for at in (0, 1)]
    topic = ShareAcknowledgeRequestAcknowledgeTopic(
        topic_id=b"t" * 16,
        partitions=[
            ShareAcknowledgeRequestAcknowledgePartition(partition_index=3, acknowledgement_batches=batches[:1]),
            ShareAcknowledgeRequestAcknowledgePartition(partition_index=4),
            ShareAcknowledgeRequestAcknowledgePartition(partition_index=3, acknowledgement_batches=batches[1:]),
        ],
    )
    assert said_in([topic]) == {(b"t" * 16, 3): [Acknowledgement(0, 0, [1]), Acknowledgement(1, 1, [1])]}


@pytest.mark.parametrize(
    ("batches", "sound"),
    [
        ([(0, 0, [1])], True),
        ([(0, 2, [1]), (2, 3, [0, 3])], True),
        ([(0, 2, [1]), (1, 3, [1])], False),
        ([(-1, 0, [1])], True),
        ([(-2, 0, [1])], False),
        ([(1, 0, [1])], False),
        ([(0, 1, [1, 1, 1])], False),
        ([(0, 1, [])], False),
        ([(0, 0, [4])], False),
    ],
)
def test_soundness(batches: list[tuple[int, int, list[int]]], sound: bool) -> None:
    """Order, direction, types and their number, as Kafka has it."""
    assert are_sound([Acknowledgement(*each) for each in batches], 3, True) is sound


def test_renewal_has_to_be_known_and_allowed() -> None:
    """It is a type like others only then."""
    said = [Acknowledgement(0, 0, [4])]
    assert are_sound(said, 4, True)
    assert not are_sound(said, 4, False)


def test_ids() -> None:
    """A group id may be empty, a member id may not."""
    assert are_ids("", "m" * 36)
    assert not are_ids(None, "m")
    assert not are_ids("g", "")
    assert not are_ids("g", None)
