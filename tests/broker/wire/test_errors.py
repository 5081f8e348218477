"""The exceptions of the wire."""

from broker.wire.errors import DecodeError, EncodeError, WireError


def test_both_directions_share_a_base() -> None:
    """A caller may catch one, the other, or both; and a wrong value is a ValueError."""
    assert issubclass(DecodeError, WireError)
    assert issubclass(EncodeError, WireError)
    assert issubclass(WireError, ValueError)
    assert not issubclass(DecodeError, EncodeError)
