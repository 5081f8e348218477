"""Identities, in Kafka's ``Type:name`` form."""

from typing import Final

ANONYMOUS: Final = "User:ANONYMOUS"
"""The principal of a client that did not log in (Kafka's own name for it)."""
