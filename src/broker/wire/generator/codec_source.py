"""Puts generated functions together into the modules `codecs/<api>.py` and `client_codecs/<api>.py`."""

import re

from broker.wire.generator.decoder_source import DecoderSource, unpacker
from broker.wire.generator.encoder_source import EncoderSource, default_instance, packer
from broker.wire.generator.source import Source, module_docstring
from broker.wire.schema import ApiFacts, MessageFacts

_PRIMITIVES = (
    "ELEMENTS_MAX",
    "MALFORMED",
    "bad_length",
    "bad_presence",
    "check_tag_end",
    "malformed",
    "read_int16s",
    "read_int32s",
    "read_int64s",
    "read_int8s",
    "read_tag",
    "read_tag_count",
    "read_uuids",
    "read_uvarint",
    "skip_counted_tags",
    "skip_tags",
    "too_many",
    "too_many_in_all",
    "trailing",
    "truncated",
)
_WRITER = (
    "PACK_COMPACT_INT32S",
    "PACK_INT32S",
    "UNENCODABLE",
    "Writer",
    "null_not_allowed",
    "put_array",
    "put_compact_array",
    "put_compact_uuids",
    "put_string_length",
    "put_tags",
    "put_uuids",
    "put_uvarint",
    "unencodable",
)


def server_module(api: ApiFacts) -> str:
    """What the broker needs: DECODE_REQUEST and ENCODE_RESPONSE."""
    summary = f"{api.name} (API key {api.key}): reads requests, writes responses."
    return _module(api, summary, api.request, api.response)


def client_module(api: ApiFacts) -> str:
    """What a client needs: DECODE_RESPONSE and ENCODE_REQUEST."""
    summary = f"{api.name} (API key {api.key}): writes requests, reads responses."
    return _module(api, summary, api.response, api.request)


def _module(api: ApiFacts, summary: str, decoded: MessageFacts, encoded: MessageFacts) -> str:
    decoders = DecoderSource(decoded)
    decoders.build()
    encoders = EncoderSource(encoded)
    encoders.build()
    body = Source()
    for function in (*decoders.functions.values(), *encoders.functions.values()):
        body.add(*function.rstrip("\n").split("\n"), "", "")
    body.add(*_table("DECODE", decoded, decoders.table, "Callable[[memoryview, int], {}]"), "", "")
    body.add(*_table("ENCODE", encoded, encoders.table, "Callable[[{}, Writer], None]"))
    constants = Source()
    for codes in sorted(decoders.formats):
        constants.add(f'{unpacker(codes)} = struct.Struct(">{codes}").unpack_from')
    for codes in sorted(encoders.formats):
        constants.add(f'{packer(codes)} = struct.Struct(">{codes}").pack')
    for name in sorted(encoders.defaults):
        constants.add(f"{default_instance(name)} = {name}()")
    text = constants.text() + "\n\n" + body.text()
    return _head(api, summary, text) + text


def _table(word: str, message: MessageFacts, table: dict[int, str], annotation: str) -> list[str]:
    name = message.root.class_name
    lines = [f"{word}_{message.kind.upper()}: dict[int, {annotation.format(name)}] = {{"]
    lines += [f"    {version}: {function}," for version, function in table.items()]
    return [*lines, "}"]


def _head(api: ApiFacts, summary: str, text: str) -> str:
    words = set(re.findall(r"\w+", text))
    head = Source()
    head.add(module_docstring(summary), "", "import struct", "from collections.abc import Callable", "")
    classes = [
        struct.class_name for message in api.messages for struct in message.structs if struct.class_name in words
    ]
    imports = {f"broker.wire.messages.{api.module}": sorted(classes)}
    if "NIL_UUID" in words:
        imports["broker.wire.messages.base"] = ["NIL_UUID"]
    imports["broker.wire.primitives"] = [name for name in _PRIMITIVES if name in words]
    imports["broker.wire.writer"] = [name for name in _WRITER if name in words]
    for module, names in sorted(imports.items()):
        with head.block(f"from {module} import ("):
            head.add(*(f"{name}," for name in names))
        head.add(")")
    head.add("", "new = object.__new__")
    return head.text()
