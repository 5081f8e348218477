"""The two ways turning bytes into messages, and messages into bytes, can fail."""


class WireError(ValueError):
    """Base of both, for the few callers that do not care about the direction."""


class DecodeError(WireError):
    """The peer's bytes are not a valid message. Nothing else escapes a decoder, whatever the input."""


class EncodeError(WireError):
    """A message of ours cannot be written in the requested version: always a bug on our side."""
