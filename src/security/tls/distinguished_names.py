"""The name in a certificate as Java writes it, which is what Kafka's principals and mapping rules are made of.

RFC 2253 with the rules of ``X500Principal.getName()``: the last part first, nine kinds of attributes by their short names, all others by their number
with the value in hexadecimal. Bytes come from the network: what is not a certificate raises :class:`NotACertificate` and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SHORT_NAMES: Final = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}

_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_OID: Final = 0x06
_VERSION: Final = 0xA0
_STRINGS: Final = {0x0C, 0x13, 0x14, 0x16, 0x1B, 0x1E}
"""UTF8String, PrintableString, T61String, IA5String, GeneralString, BMPString: Java takes the bytes of all for UTF-8."""
_ESCAPED: Final = frozenset(',=+<>#;"\\')
_ARC_BYTES_MAX: Final = 20


class NotACertificate(ValueError):
    """The bytes are not what they should be."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``kind`` is the number of its type, ``value`` the text, None where it has none; ``encoded`` the value as it stands in the certificate."""

    kind: str
    value: str | None
    encoded: bytes

    @property
    def short_name(self) -> str | None:
        return SHORT_NAMES.get(self.kind)


Name = tuple[tuple[Attribute, ...], ...]
"""The parts of a name in their order, each with one attribute or several."""


def subject_of(certificate: bytes) -> Name:
    """Whose certificate it is. Raises NotACertificate."""
    outer, _ = _inside(certificate, 0, _SEQUENCE)
    signed, _ = _inside(outer, 0, _SEQUENCE)
    at = 0
    if signed[:1] == bytes((_VERSION,)):
        _, _, at = _element(signed, at)
    for _skipped in ("serial number", "signature algorithm", "issuer", "validity"):
        _, _, at = _element(signed, at)
    tag, content, _ = _element(signed, at)
    if tag != _SEQUENCE:
        raise NotACertificate("no subject")
    return _name(content)


def parse_name(encoded: bytes) -> Name:
    """A name that stands by itself. Raises NotACertificate."""
    content, end = _inside(encoded, 0, _SEQUENCE)
    if end != len(encoded):
        raise NotACertificate("something follows the name")
    return _name(content)


def java_name(name: Name) -> str:
    """The name as Java writes it."""
    return ",".join("+".join(map(_written, part)) for part in reversed(name))


def values_of(name: Name, short_name: str) -> tuple[str, ...]:
    """The values of all attributes of a kind, in their order."""
    return tuple(
        attribute.value for part in name for attribute in part if attribute.short_name == short_name and attribute.value is not None
    )


def _name(content: bytes) -> Name:
    return tuple(tuple(_attributes(part)) for tag, part in _elements(content) if _is(tag, _SET))


def _attributes(content: bytes) -> Iterator[Attribute]:
    for tag, pair in _elements(content):
        _is(tag, _SEQUENCE)
        kind, at = _inside(pair, 0, _OID)
        value_tag, value, end = _element(pair, at)
        text = value.decode("utf-8", "replace") if value_tag in _STRINGS else None
        yield Attribute(_dotted(kind), text, pair[at:end])


def _written(attribute: Attribute) -> str:
    short = attribute.short_name
    if short is None or attribute.value is None:
        return f"{short or attribute.kind}=#{attribute.encoded.hex()}"
    characters = ["\\" + each if each in _ESCAPED else "\\00" if each == "\0" else each for each in attribute.value]
    # White space at the ends is escaped, one by one.
    for ends in (range(len(characters)), range(len(characters) - 1, -1, -1)):
        for place in ends:
            if characters[place] not in (" ", "\r"):
                break
            characters[place] = "\\" + characters[place]
    return f"{short}={''.join(characters)}"


def _dotted(encoded: bytes) -> str:
    """An object identifier's number."""
    arcs: list[int] = []
    value = length = 0
    for byte in encoded:
        value = value << 7 | byte & 0x7F
        length += 1
        if length > _ARC_BYTES_MAX:
            raise NotACertificate("an object identifier has too large a number")
        if not byte & 0x80:
            arcs.append(value)
            value = length = 0
    if not arcs or length:
        raise NotACertificate("an object identifier ends too early")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


# --- DER --------------------------------------------------------------------------------------------------------------


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Tag, content, and where the next one begins."""
    if at + 2 > len(data):
        raise NotACertificate("it ends too early")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & 0x1F == 0x1F:
        raise NotACertificate("a tag that certificates do not have")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > len(data):
            raise NotACertificate("a length that cannot be")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > len(data):
        raise NotACertificate("it ends too early")
    return tag, data[start:end], end


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        tag, inner, at = _element(content, at)
        yield tag, inner


def _inside(data: bytes, at: int, wanted: int) -> tuple[bytes, int]:
    tag, content, end = _element(data, at)
    _is(tag, wanted)
    return content, end


def _is(tag: int, wanted: int) -> bool:
    if tag != wanted:
        raise NotACertificate(f"tag {tag:#04x} where {wanted:#04x} should be")
    return True
