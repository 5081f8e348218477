"""Rule: how texts of a client's choice stand in the database: as UTF-8 in ``bytea``, because ``text`` holds no NUL; and how such a text is a key
although an entry of an index is bounded and the text is not."""

from hashlib import sha256
from typing import Final

LONGEST_KEY: Final = 255
"""Texts of more bytes than this are known by their SHA-256. Three of them and a topic's name fit into one entry of an index."""

_NO_TEXT: Final = b"\xff"
"""No text begins with it."""


def to_bytes(text: str) -> bytes:
    """The text as it is stored."""
    return text.encode("utf-8", "surrogatepass")


def of_bytes(stored: bytes) -> str:
    """The text that was stored."""
    return stored.decode("utf-8", "surrogatepass")


def key_of(text: str) -> bytes:
    """What stands for the text in a key."""
    stored = to_bytes(text)
    return stored if len(stored) <= LONGEST_KEY else _NO_TEXT + sha256(stored).digest()


def full_of(text: str) -> bytes | None:
    """The text as it is stored beside its key, None when the key says it all."""
    stored = to_bytes(text)
    return stored if len(stored) > LONGEST_KEY else None
