"""How records are printed."""

from typing import Any

import pytest

from broker.cli.failure import CommandFailed
from broker.cli.record_format import printer


class Message:
    def __init__(self, key: bytes | None, value: bytes | None, headers: Any = None) -> None:
        self._parts = (key, value, headers)

    def key(self) -> bytes | None:
        return self._parts[0]

    def value(self) -> bytes | None:
        return self._parts[1]

    def headers(self) -> Any:
        return self._parts[2]

    def topic(self) -> str:
        return "t"

    def partition(self) -> int:
        return 3

    def offset(self) -> int:
        return 42

    def timestamp(self) -> tuple[int, int]:
        return 1, 1700000000000


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("value", b"v\xff\n"),
        (r"%k\t%v\n", b"k\tv\xff\n"),
        ("%t/%p/%o@%T", b"t/3/42@1700000000000"),
        ("%K,%S %h %%", b"1,2 a=1,b=null %"),
    ],
)
def test_templates(text: str, printed: bytes) -> None:
    """Every placeholder and escape."""
    assert printer(text)(Message(b"k", b"v\xff", [("a", b"1"), ("b", None)])) == printed


def test_nulls_have_length_minus_one() -> None:
    """A null is not an empty value."""
    assert printer("%K,%S")(Message(None, None)) == b"-1,-1"


def test_an_unknown_placeholder_is_wrong_usage() -> None:
    """And those that exist are listed."""
    with pytest.raises(CommandFailed, match="%x is unknown") as caught:
        printer("%x")
    assert caught.value.exit_code == 2
