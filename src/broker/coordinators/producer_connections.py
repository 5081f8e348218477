"""Rule: which connections speak for a transactional producer, so that what one of them sent late cannot reach a later transaction.

Before KIP-890 a producer keeps its epoch from one transaction to the next, and a request that was on its way when its connection broke
looks like one of the transaction after (KAFKA-17754): the client sends it again over a new connection, goes on, and the first copy ends,
or adds to, what it was not sent for. What tells them apart is the connection.

S1  A client has one connection at a time for each kind of work (:class:`Work`); which kinds share one differs from client to client.
S2  So once a newer connection has done some kind of work for a producer, an older one is given up: what still comes over it was
    sent before, and must not take effect.
S3  A connection that was given up for one kind of work is given up for all.
S4  A connection is older than another of the same producer only by its number, never by what it did: a data connection may be newer than
    the one to the coordinator, and both alive.
S5  With another epoch everything begins anew: whoever has the old one is fenced anyway.

Nothing of it need outlive the broker, for no connection does.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from broker.wire.error_codes import ErrorCode

SUPERSEDED: Final = ErrorCode.NETWORK_EXCEPTION
"""What agents answer for a request over a connection that was given up. It stands for closing that connection: nobody reads answers there,
and if against S1 somebody does, it connects anew and asks again, as after any other end of a connection."""

WHY_CLOSED: Final = "a newer connection has done this transactional producer's work since"

_KEPT: Final = 8
"""Connections known to be given up, the latest of them; others are told by S2 alone."""


class Work(IntEnum):
    """Kinds of requests that a client sends over one connection."""

    COORDINATING = 0
    """What is in the transaction, and how it ends."""
    OFFSETS = 1
    DATA = 2


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of one producer id and epoch: the newest for each kind of work (-1: none yet), and those given up."""

    producer: tuple[int, int]
    newest: tuple[int, ...] = field(default=(-1,) * len(Work))
    given_up: tuple[int, ...] = ()


def heard(known: Connections | None, producer: tuple[int, int], work: Work, connection_id: int) -> Connections | None:
    """What is known once a request of ``producer`` came over the connection; None when that was given up before."""
    if known is None or known.producer != producer:
        known = Connections(producer)
    before = known.newest[work]
    if before == connection_id and connection_id not in known.given_up:
        return known
    if connection_id < before or connection_id in known.given_up:
        return None
    newest = (*known.newest[:work], connection_id, *known.newest[work + 1 :])
    if before < 0:
        return replace(known, newest=newest)
    return replace(known, newest=newest, given_up=(*known.given_up, before)[-_KEPT:])
