"""Zigzag varints as records use them: 32-bit values in up to 5 bytes, 64-bit ones in up to 10."""

from broker.wire.errors import DecodeError
from broker.wire.records.crc import Buffer


def read_more(buf: Buffer, pos: int, first: int, bits: int) -> tuple[int, int]:
    """The raw (still zigzag) value whose first byte `first`, with its high bit set, stood before `pos`.

    Callers look at the first byte themselves, because nearly every varint in a record is one byte long.
    Returns (raw value, next position). IndexError when the buffer ends, DecodeError beyond `bits` bits.
    """
    raw = first & 0x7F
    shift = 7
    while True:
        byte = buf[pos]
        pos += 1
        raw |= (byte & 0x7F) << shift
        if byte < 0x80:
            if raw >> bits:
                raise DecodeError(f"varint is larger than {bits} bits")
            return raw, pos
        shift += 7
        if shift >= bits:
            raise DecodeError(f"varint is longer than {bits} bits")


def read_varint(buf: Buffer, pos: int, bits: int = 32) -> tuple[int, int]:
    """(value, next position) of the zigzag varint at `pos`; DecodeError when it is cut off or too long."""
    try:
        raw = buf[pos]
        pos += 1
        if raw > 0x7F:
            raw, pos = read_more(buf, pos, raw, bits)
    except IndexError:
        raise DecodeError("varint is cut off") from None
    return (raw >> 1) ^ -(raw & 1), pos


def append_varint(out: bytearray, value: int) -> None:
    """Append `value` as a zigzag varint; right for 32 and 64 bits alike."""
    raw = value << 1 if value >= 0 else (-value << 1) - 1
    while raw > 0x7F:
        out.append(raw & 0x7F | 0x80)
        raw >>= 7
    out.append(raw)
