"""Writes decoders: one straight-line function for each distinct layout of a message.

Neighbouring values of fixed size, and the length in front of whatever comes next, are read by one precompiled
`struct.Struct`. The first byte of a varint counts as such a value: nearly always it is the whole varint, and where it is
not, the rare path reads it again.

Of a request all elements are counted, and tagged fields that are not known, before any of them is made: two bytes can become hundreds in memory.
"""

from collections.abc import Iterator
from itertools import count

from broker.wire.generator.layout import Layout
from broker.wire.generator.python_types import FIXED_FORMATS, FIXED_SIZES, fresh_default
from broker.wire.generator.source import Source
from broker.wire.schema import Field, MessageFacts, Struct

_SIZES = {"B": 1, "x": 1} | {FIXED_FORMATS[name]: FIXED_SIZES[name] for name in FIXED_FORMATS}
_ARRAY_READERS = {
    "int8": "read_int8s",
    "int16": "read_int16s",
    "int32": "read_int32s",
    "int64": "read_int64s",
    "uuid": "read_uuids",
}


class DecoderSource:
    """Collects the decoders of one message; `functions` is their source, `table` maps versions to their names."""

    def __init__(self, message: MessageFacts) -> None:
        self._message = message
        self.functions: dict[str, str] = {}
        self.table: dict[int, str] = {}
        self.formats: set[str] = set()
        self.counts = message.kind == "request"
        """Whether elements are counted. Who reads answers has chosen whom it asks."""

    def build(self) -> None:
        """Writes every version."""
        for version in self._message.versions:
            self.table[version] = self._decoder(version)

    def define(self, prefix: str, version: int, signature: str, body: str) -> str:
        """The name of the function with this body; one that is already there is used again."""
        key = f"{prefix} {signature}\n{body}"
        if key not in self.functions:
            name = f"{prefix}_v{version}"
            self.functions[key] = f"def {name}{signature}:\n{body}"
            return name
        return self.functions[key].removeprefix("def ").partition("(")[0]

    def _decoder(self, version: int) -> str:
        layout = Layout(self._message, version)
        name = self._message.root.class_name
        out = Source(1)
        out.add("end = len(buf)")
        if self.counts:
            out.add("left = ELEMENTS_MAX")
        with out.block("try:"):
            body = _Body(self, layout, out, "end", count(1))
            body.struct(self._message.root, "m")
        with out.block("except MALFORMED as error:"):
            out.add("raise malformed(error) from error")
        with out.block("if pos != end:"):
            out.add("trailing(end - pos)")
        out.add("return m")
        signature = f"(buf: memoryview, pos: int) -> {name}"
        return self.define(f"decode_{self._message.kind}", version, signature, out.text())


class _Body:
    """The statements that decode one struct and everything inside it."""

    def __init__(self, owner: DecoderSource, layout: Layout, out: Source, end: str, numbers: Iterator[int]) -> None:
        self._owner = owner
        self._layout = layout
        self._out = out
        self._end = end
        self._run: list[tuple[str, str]] = []
        self._numbers = numbers

    def struct(self, struct: Struct, variable: str) -> None:
        """Creates the object in `variable` and reads its fields."""
        self._flush()
        self._out.add(f"{variable} = new({struct.class_name})")
        self._defaults(struct, variable)
        for field in self._layout.plain(struct):
            self._field(struct, field, f"{variable}.{field.name}")
        if not self._layout.flexible:
            self._flush()
            return
        self._length("tags")
        tagged = self._layout.tagged(struct)
        with self._out.block("if tags:"):
            if tagged:
                self._out.add(f"pos = {self._tags(struct, tagged)}({variable}, buf, pos - 1, {self._end})")
            elif self._owner.counts:
                self._out.add(f"pos, left = skip_counted_tags(buf, pos - 1, {self._end}, left)")
            else:
                self._out.add(f"pos = skip_tags(buf, pos - 1, {self._end})")

    def tagged_value(self, struct: Struct, field: Field) -> None:
        """Reads the value of one tagged field into the attribute of `m`."""
        self._field(struct, field, f"m.{field.name}")
        self._flush()

    def _defaults(self, struct: Struct, variable: str) -> None:
        for field in self._layout.absent(struct):
            self._out.add(f"{variable}.{field.name} = {fresh_default(field)}")

    def _tags(self, struct: Struct, tagged: list[Field]) -> str:
        out = Source(1)
        numbers = count(1)
        out.add("count, pos = read_tag_count(buf, pos, end)", "tag = -1")
        if self._owner.counts:
            out.add("left = ELEMENTS_MAX")
        with out.block("for _ in range(count):"):
            out.add("tag, pos, stop = read_tag(buf, pos, end, tag)")
            word = "if"
            for field in tagged:
                with out.block(f"{word} tag == {field.tag}:"):
                    _Body(self._owner, self._layout, out, "stop", numbers).tagged_value(struct, field)
                word = "elif"
            with out.block("else:"):
                out.add("pos = stop")
            out.add("check_tag_end(tag, pos, stop)")
        out.add("return pos")
        signature = f"(m: {struct.class_name}, buf: memoryview, pos: int, end: int) -> int"
        return self._owner.define(f"_read_tags_{struct.class_name}", self._layout.version, signature, out.text())

    def _field(self, struct: Struct, field: Field, target: str) -> None:
        label = f'"{struct.class_name}.{field.name}"'
        if field.is_array:
            self._array(field, target, label)
        elif field.struct is not None:
            self._nested(field, target, label)
        elif field.type in FIXED_FORMATS:
            self._run.append((FIXED_FORMATS[field.type], target))
        else:
            self._run.append((self._layout.length_code(field), "n"))
            self._flush()
            self._sized(field.type, target, label, self._layout.nullable(field))

    def _length(self, variable: str) -> None:
        """The first byte of a varint, into `variable`."""
        self._run.append(("B", variable))
        self._flush()

    def _sized(self, type_name: str, target: str, label: str, nullable: bool) -> None:
        """A string, bytes or records whose length (or its first byte) has been read into `n`."""
        out = self._out
        self._whole_length()
        if nullable:
            with out.block("if n == -1:"):
                out.add(f"{target} = None")
            with out.block("else:"):
                self._content(type_name, target, label)
        else:
            self._content(type_name, target, label)

    def _whole_length(self) -> None:
        if self._layout.flexible:
            with self._out.block("if n > 127:"):
                self._out.add("n, pos = read_uvarint(buf, pos - 1)")
            self._out.add("n -= 1")

    def _content(self, type_name: str, target: str, label: str) -> None:
        out = self._out
        with out.block("if n < 0:"):
            out.add(f"bad_length({label}, n)")
        out.add("at = pos", "pos += n")
        with out.block(f"if pos > {self._end}:"):
            out.add(f"truncated({label})")
        if type_name == "string":
            out.add(f"{target} = buf[at:pos].tobytes().decode()")
        elif type_name == "bytes":
            out.add(f"{target} = bytes(buf[at:pos])")
        else:
            out.add(f"{target} = buf[at:pos]")

    def _nested(self, field: Field, target: str, label: str) -> None:
        assert field.struct is not None
        out = self._out
        variable = f"m{next(self._numbers)}"
        if not self._layout.nullable(field):
            self.struct(field.struct, variable)
            out.add(f"{target} = {variable}")
            return
        self._run.append(("b", "n"))
        self._flush()
        with out.block("if n == 1:"):
            self.struct(field.struct, variable)
            out.add(f"{target} = {variable}")
        with out.block("elif n == -1:"):
            out.add(f"{target} = None")
        with out.block("else:"):
            out.add(f"bad_presence({label}, n)")

    def _array(self, field: Field, target: str, label: str) -> None:
        out = self._out
        self._run.append((self._layout.length_code(field), "n"))
        self._flush()
        self._whole_length()
        if self._layout.nullable(field):
            with out.block("if n == -1:"):
                out.add(f"{target} = None")
            with out.block("else:"):
                self._elements(field, target, label)
        else:
            self._elements(field, target, label)

    def _elements(self, field: Field, target: str, label: str) -> None:
        out = self._out
        with out.block("if n < 0:"):
            out.add(f"bad_length({label}, n)")
        size = self._layout.least_element_size(field)
        times = f"n * {size}" if size > 1 else "n"
        with out.block(f"if {times} > {self._end} - pos:"):
            out.add(f"too_many({label}, n)")
        if self._owner.counts:
            out.add("left -= n")
            with out.block("if left < 0:"):
                out.add(f"too_many_in_all({label})")
        if field.type in _ARRAY_READERS:
            out.add(f"{target} = {_ARRAY_READERS[field.type]}(buf, pos, n)", f"pos += {times}")
            return
        items = f"items{next(self._numbers)}"
        if field.struct is not None:
            out.add(f"{items}: list[{field.struct.class_name}] = []", f"{target} = {items}")
            with out.block("for _ in range(n):"):
                element = f"m{next(self._numbers)}"
                self.struct(field.struct, element)
                out.add(f"{items}.append({element})")
            return
        annotation, value = {"string": ("str", "text"), "bytes": ("bytes", "data")}[field.type]
        out.add(f"{items}: list[{annotation}] = []", f"{target} = {items}")
        code = "B" if self._layout.flexible else ("h" if field.type == "string" else "i")
        with out.block("for _ in range(n):"):
            self._run.append((code, "n"))
            self._flush()
            self._sized(field.type, value, label, False)
            out.add(f"{items}.append({value})")

    def _flush(self) -> None:
        """Reads the pending values of fixed size."""
        if not self._run:
            return
        run, self._run = self._run, []
        codes = "".join(code for code, _ in run)
        if codes == "B":
            self._out.add(f"{run[0][1]} = buf[pos]", "pos += 1")
            return
        targets = ", ".join(target for _, target in run) + ("," if len(run) == 1 else "")
        self._owner.formats.add(codes)
        if len(run) == 1:
            self._out.add(f"({targets}) = {unpacker(codes)}(buf, pos)")
        else:
            self._out.add(f"{targets} = {unpacker(codes)}(buf, pos)")
        self._out.add(f"pos += {sum(_SIZES[code] for code, _ in run)}")


def unpacker(codes: str) -> str:
    """The name of the precompiled unpack function for a format."""
    return "_unpack_" + format_name(codes)


def format_name(codes: str) -> str:
    """A format as part of an identifier: `?` and `16s` cannot stand in one."""
    return codes.replace("16s", "U").replace("?", "T")
