"""What a group is asked and answers: the defaults that responses rely on."""

from broker.coordinators.groups.commands import JoinAnswer, SyncAnswer
from broker.wire.error_codes import ErrorCode


def test_a_refused_join_tells_no_generation() -> None:
    """Clients take -1 for none."""
    answer = JoinAnswer(error=ErrorCode.UNKNOWN_MEMBER_ID)

    assert (answer.generation, answer.protocol, answer.leader, answer.members) == (-1, None, "", ())


def test_a_refused_sync_assigns_nothing() -> None:
    """And names no protocol."""
    answer = SyncAnswer(error=ErrorCode.REBALANCE_IN_PROGRESS)

    assert (answer.assignment, answer.protocol, answer.protocol_type) == (b"", None, None)
