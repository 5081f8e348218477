"""The same batch under another codec: what `compression.type` asks of a topic."""

from broker.wire.records.batch import CODEC_MASK, BatchHeader, parse_header
from broker.wire.records.compression import MAX_OUTPUT, compress
from broker.wire.records.crc import Buffer
from broker.wire.records.record import assemble, body


def recompress(
    buf: Buffer,
    codec: int,
    level: int | None = None,
    *,
    pos: int = 0,
    header: BatchHeader | None = None,
    max_output: int = MAX_OUTPUT,
) -> bytearray:
    """A new batch with the records of the one at `pos` under `codec`; only length, codec bits and CRC differ.

    The records are not looked at. DecodeError when the old data is damaged, OutputLimitError beyond `max_output`.
    """
    if header is None:
        header = parse_header(buf, pos)
    return with_codec(header, body(buf, pos, header, max_output), codec, level)


def with_codec(header: BatchHeader, data: Buffer, codec: int, level: int | None = None) -> bytearray:
    """The batch of `header` whose records, decompressed, are `data`, under `codec`."""
    attributes = header.attributes & ~CODEC_MASK | codec
    return assemble(header._replace(attributes=attributes), compress(codec, data, level))
