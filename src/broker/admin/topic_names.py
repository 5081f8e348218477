"""Which names a topic may have, which of them are Kafka's own, and which stand in each other's way."""

import re
from collections.abc import Iterable
from typing import Final

from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode

NAME_LENGTH_MAX: Final = 249
"""Kafka's limit: with the longest partition suffix a name still fits a file name of 255 bytes."""

AUDIT_TOPIC: Final = "__penstock_audit"
"""The topic that the audit log can go to. Clients read it, and change for how long its records are kept; that is recorded there, too."""
ONLY_THE_BROKER_WRITES: Final = f"Topic {AUDIT_TOPIC} holds the audit log: only the broker creates it, writes to it and deletes from it."

INTERNAL_NAMES: Final = frozenset({"__consumer_offsets", "__transaction_state", "__share_group_state", AUDIT_TOPIC})
"""Topics in which Kafka keeps its own state (here that is elsewhere, but clients treat these names differently), and our own."""

METADATA_LOG_NAME: Final = "__cluster_metadata"
"""KRaft's own log, the one name that CreateTopics refuses (KIP-631)."""

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+\Z", re.ASCII)


def is_internal(name: str) -> bool:
    """Whether clients are told that the topic is internal."""
    return name in INTERNAL_NAMES


def name_problem(name: str) -> str | None:
    """What is wrong with ``name`` for a topic, in Kafka's words; None when nothing is."""
    if not name:
        return "Topic name is invalid: the empty string is not allowed"
    if name in (".", ".."):
        return f"Topic name is invalid: '{name}' is not allowed"
    if len(name) > NAME_LENGTH_MAX:
        return f"Topic name is invalid: the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"
    if _LEGAL.match(name) is None:
        return (
            f"Topic name is invalid: '{name}' contains one or more characters other than "
            "ASCII alphanumerics, '.', '_' and '-'"
        )
    return None


def is_valid(name: str) -> bool:
    return name_problem(name) is None


def check_new_name(name: str, colliding: Iterable[str]) -> None:
    """Raises INVALID_TOPIC_EXCEPTION when no new topic may get ``name``.

    ``colliding`` are the existing topics that differ from it in nothing but dots and underscores: metric names turn the
    one into the other, so the two topics could not be told apart there.
    """
    problem = name_problem(name)
    if problem is None and (others := sorted(colliding)):
        problem = f"Topic '{name}' collides with existing topic: {', '.join(others)}"
    if problem is not None:
        raise BrokerError(ErrorCode.INVALID_TOPIC_EXCEPTION, problem)
