"""Writes encoders: the mirror of `decoder_source`, with one `struct.Struct.pack` for each run of fixed-size values.

A length as a varint joins the run before it as one byte where it is below 128, and takes a rare path where it is not. The zero
that ends a struct without tagged fields is a pad byte of the run.
"""

from collections.abc import Iterator
from itertools import count

from broker.wire.generator.decoder_source import format_name
from broker.wire.generator.layout import Layout
from broker.wire.generator.python_types import FIXED_FORMATS, default, is_optional_struct, may_be_none
from broker.wire.generator.source import Source
from broker.wire.schema import Field, MessageFacts, Struct


class EncoderSource:
    """Collects the encoders of one message; `functions` is their source, `table` maps versions to their names."""

    def __init__(self, message: MessageFacts) -> None:
        self._message = message
        self.functions: dict[str, str] = {}
        self.table: dict[int, str] = {}
        self.formats: set[str] = set()
        self.defaults: set[str] = set()

    def build(self) -> None:
        """Writes every version."""
        for version in self._message.versions:
            self.table[version] = self._encoder(version)

    def define(self, prefix: str, version: int, signature: str, body: str) -> str:
        """The name of the function with this body; one that is already there is used again."""
        key = f"{prefix} {signature}\n{body}"
        if key not in self.functions:
            name = f"{prefix}_v{version}"
            self.functions[key] = f"def {name}{signature}:\n{body}"
            return name
        return self.functions[key].removeprefix("def ").partition("(")[0]

    def _encoder(self, version: int) -> str:
        layout = Layout(self._message, version)
        name = self._message.root.class_name
        out = Source(1)
        if layout.is_empty(self._message.root):
            out.add("return")
            return self.define(
                f"encode_{self._message.kind}", version, f"(m: {name}, writer: Writer) -> None", out.text()
            )
        out.add("out = writer.buffer")
        with out.block("try:"):
            body = _Body(self, layout, out, "out", count(1))
            body.struct(self._message.root, "m")
            body.flush()
        with out.block("except UNENCODABLE as error:"):
            out.add(f'raise unencodable("{name}", error) from error')
        signature = f"(m: {name}, writer: Writer) -> None"
        return self.define(f"encode_{self._message.kind}", version, signature, out.text())


class _Body:
    """The statements that encode one struct and everything inside it into the buffer called `sink`."""

    def __init__(self, owner: EncoderSource, layout: Layout, out: Source, sink: str, numbers: Iterator[int]) -> None:
        self._owner = owner
        self._layout = layout
        self._out = out
        self._sink = sink
        self._run: list[tuple[str, str]] = []
        self._numbers = numbers

    def struct(self, struct: Struct, variable: str) -> None:
        """The fields of the object in `variable`; ends with values that are still to be flushed."""
        for field in self._layout.plain(struct):
            self._field(field, f"{variable}.{field.name}")
        if not self._layout.flexible:
            return
        tagged = self._layout.tagged(struct)
        if not tagged:
            self._run.append(("x", ""))
            return
        self.flush()
        function = self._tags(struct, tagged)
        with self._out.block(f"if {' and '.join(_is_default(field, f'{variable}.{field.name}') for field in tagged)}:"):
            self._out.add(f"{self._sink}.append(0)")
        with self._out.block("else:"):
            self._out.add(f"{function}({variable}, {self._sink})")

    def flush(self) -> None:
        """Packs the pending values of fixed size."""
        run, self._run = self._run, []
        if run:
            self._out.add(self._packed(run))

    def _packed(self, run: list[tuple[str, str]]) -> str:
        codes = "".join(code for code, _ in run)
        if codes == "x":
            return f"{self._sink}.append(0)"
        if codes == "B":
            return f"{self._sink}.append({run[0][1]})"
        self._owner.formats.add(codes)
        arguments = ", ".join(value for code, value in run if code != "x")
        return f"{self._sink} += {packer(codes)}({arguments})"

    def _tags(self, struct: Struct, tagged: list[Field]) -> str:
        out = Source(1)
        numbers = count(1)
        out.add("fields: list[tuple[int, bytearray]] = []")
        for field in tagged:
            value = f"m.{field.name}"
            with out.block(f"if {self._is_set(field, value)}:"):
                out.add("body = bytearray()")
                body = _Body(self._owner, self._layout, out, "body", numbers)
                body._field(field, value)
                body.flush()
                out.add(f"fields.append(({field.tag}, body))")
        out.add("put_tags(out, fields)")
        signature = f"(m: {struct.class_name}, out: bytearray) -> None"
        return self._owner.define(f"_put_tags_{struct.class_name}", self._layout.version, signature, out.text())

    def _is_set(self, field: Field, value: str) -> str:
        if is_optional_struct(field) and not self._layout.nullable(field):
            assert field.struct is not None
            self._owner.defaults.add(field.struct.class_name)
            return f"{value} is not None and {value} != {default_instance(field.struct.class_name)}"
        return _is_not_default(field, value)

    def _field(self, field: Field, value: str) -> None:
        if field.is_array:
            self._array(field, value)
        elif field.struct is not None:
            self._nested(field, value)
        elif field.type in FIXED_FORMATS:
            self._run.append((FIXED_FORMATS[field.type], value))
        elif field.type == "records":
            self.flush()
            method = "put_compact_records" if self._layout.flexible else "put_records"
            self._out.add(f"{self._sink} = writer.{method}({value})")
        else:
            self._sized(field.type, value, self._layout.nullable(field), may_be_none(field))

    def _sized(self, type_name: str, value: str, nullable: bool, optional: bool) -> None:
        """A string or bytes with its length in front. `optional` is whether the attribute can hold None in any version."""
        out = self._out
        extra = " + 1" if self._layout.flexible else ""
        if optional:
            local = "text" if type_name == "string" else "blob"
            out.add(f"{local} = {value}")
            self._refuse_null(local, value, nullable)
            value = local
        content = f"{value}.encode()" if type_name == "string" else value
        if nullable:
            with out.block(f"if {value} is None:"):
                out.add('data = b""', f"n = {'0' if self._layout.flexible else '-1'}")
            with out.block("else:"):
                out.add(f"data = {content}", f"n = len(data){extra}")
        else:
            out.add(f"data = {content}", f"n = len(data){extra}")
        self._put_length("put_string_length" if type_name == "string" else "put_uvarint", type_name == "string")
        out.add(f"{self._sink} += data")

    def _refuse_null(self, local: str, value: str, nullable: bool) -> None:
        """None where this version has no null. Only for attributes that hold None in some other version."""
        if not nullable:
            with self._out.block(f"if {local} is None:"):
                self._out.add(f'null_not_allowed("{value.partition(".")[2]}")')

    def _put_length(self, rare: str, is_string: bool) -> None:
        """The length in `n`, together with the pending run."""
        if not self._layout.flexible:
            self._run.append(("h" if is_string else "i", "n"))
            self.flush()
            return
        run, self._run = self._run, []
        with self._out.block("if n < 128:"):
            self._out.add(self._packed([*run, ("B", "n")]))
        with self._out.block("else:"):
            if run:
                self._out.add(self._packed(run))
            self._out.add(f"{rare}({self._sink}, n)")

    def _nested(self, field: Field, value: str) -> None:
        assert field.struct is not None
        out = self._out
        variable = f"m{next(self._numbers)}"
        if not self._layout.nullable(field):
            out.add(f"{variable} = {value}")
            if may_be_none(field):
                self._refuse_null(variable, value, nullable=False)
            self.struct(field.struct, variable)
            return
        self.flush()
        out.add(f"{variable} = {value}")
        with out.block(f"if {variable} is None:"):
            out.add(f"{self._sink}.append(255)")
        with out.block("else:"):
            out.add(f"{self._sink}.append(1)")
            self.struct(field.struct, variable)
            self.flush()

    def _array(self, field: Field, value: str) -> None:
        out = self._out
        if field.type in FIXED_FORMATS:
            self._fixed_array(field, value)
            return
        items = f"items{next(self._numbers)}"
        out.add(f"{items} = {value}")
        one = " + 1" if self._layout.flexible else ""
        nullable = self._layout.nullable(field)
        if nullable:
            null = "0" if self._layout.flexible else "-1"
            out.add(f"n = {null} if {items} is None else len({items}){one}")
        else:
            if may_be_none(field):
                self._refuse_null(items, value, nullable)
            out.add(f"n = len({items}){one}")
        self._put_length("put_uvarint", is_string=False)
        element = f"m{next(self._numbers)}" if field.struct is not None else "item"
        with out.block(f"for {element} in {items}{' or ()' if nullable else ''}:"):
            if field.struct is not None:
                self.struct(field.struct, element)
            else:
                self._sized(field.type, element, nullable=False, optional=False)
            self.flush()

    def _fixed_array(self, field: Field, value: str) -> None:
        self.flush()
        out = self._out
        compact = "compact_" if self._layout.flexible else ""
        code = FIXED_FORMATS[field.type]
        nullable = self._layout.nullable(field)
        local = ("some_" if may_be_none(field) else "") + {"16s": "uuids", "d": "floats", "?": "flags"}.get(
            code, "ints"
        )
        out.add(f"{local} = {value}")
        if nullable:
            with out.block(f"if {local} is None:"):
                out.add(f"{self._sink}.append(0)" if compact else f'{self._sink} += b"\\xff\\xff\\xff\\xff"')
            with out.block("else:"):
                self._fixed_elements(compact, code, local)
        else:
            if may_be_none(field):
                self._refuse_null(local, value, nullable)
            self._fixed_elements(compact, code, local)

    def _fixed_elements(self, compact: str, code: str, local: str) -> None:
        out = self._out
        if code == "16s":
            out.add(f"put_{compact}uuids({self._sink}, {local})")
            return
        if code != "i":
            out.add(f'put_{compact}array({self._sink}, "{code}", {local})')
            return
        out.add(f"n = len({local})")
        with out.block("if n < 32:"):
            if compact:
                out.add(f"{self._sink} += PACK_COMPACT_INT32S[n](n + 1, *{local})")
            else:
                out.add(f"{self._sink} += PACK_INT32S[n](n, *{local})")
        with out.block("else:"):
            out.add(f'put_{compact}array({self._sink}, "i", {local})')


def _is_default(field: Field, value: str) -> str:
    """A condition under which a tagged field is left out. A struct that equals its default is looked at more closely later."""
    text = default(field)
    if text == "None":
        return f"{value} is None"
    if text == "EMPTY":
        return f"not {value}"
    if field.type == "bool":
        return value if text == "True" else f"not {value}"
    return f"{value} == {text}"


def _is_not_default(field: Field, value: str) -> str:
    text = default(field)
    if text == "None":
        return f"{value} is not None"
    if text == "EMPTY":
        return value
    if field.type == "bool":
        return f"not {value}" if text == "True" else value
    return f"{value} != {text}"


def packer(codes: str) -> str:
    """The name of the precompiled pack function for a format."""
    return "_pack_" + format_name(codes)


def default_instance(class_name: str) -> str:
    """The name of the constant that holds a struct with all its defaults."""
    return f"_DEFAULT_{class_name}"
