"""Record batches of format v2 (magic 2, KIP-98), the only format stored and served. Pure.

- `batch`: the 61-byte header: read it, walk several, patch it in place. All the hot path needs.
- `crc`: CRC-32C over bytes, memoryviews and bytearrays.
- `compression`, `xerial`: the five codecs, with bounded output.
- `record`: the records inside a batch: decode, search by timestamp, encode.
- `control`: commit and abort markers.
- `recompress`: the same batch under another codec.
"""
