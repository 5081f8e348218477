"""Identities, in Kafka's ``Type:name`` form."""

from typing import Final

ANONYMOUS: Final = "User:ANONYMOUS"
"""The principal of a client that did not log in (Kafka's own name for it)."""


def user_of(name: str) -> str:
    """The principal of a user."""
    return f"User:{name}"


def group_of(name: str) -> str:
    """The principal of a group of users."""
    return f"Group:{name}"
