"""How a field of the facts becomes a Python annotation, a default, and bytes on the wire."""

from broker.wire.schema import Field

FIXED_FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "float64": "d",
    "uuid": "16s",
}
"""Types of fixed size, as the `struct` module spells them."""

FIXED_SIZES = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "int64": 8,
    "float64": 8,
    "uuid": 16,
}

_ANNOTATIONS = {"bool": "bool", "float64": "float", "uuid": "bytes", "string": "str", "bytes": "bytes"}


def annotation(field: Field, kind: str) -> str:
    """The type of the attribute; None is part of it where some version allows null."""
    base = element_annotation(field)
    if field.is_array:
        base = f"list[{base}]"
    if field.type == "records":
        return "Buffer | None" if kind == "request" else "Records"
    return f"{base} | None" if may_be_none(field) else base


def element_annotation(field: Field) -> str:
    """The type of the value, or of one element of an array."""
    if field.struct is not None:
        return field.struct.class_name
    return _ANNOTATIONS.get(field.type, "int")


def may_be_none(field: Field) -> bool:
    """Whether None is a value of the field: null somewhere, or a struct that can be left out."""
    return field.nullable.first <= field.nullable.last or is_optional_struct(field)


def is_optional_struct(field: Field) -> bool:
    """A tagged struct: None stands for all its defaults, so that nothing is built for what is hardly ever sent."""
    return field.struct is not None and not field.is_array and field.tag is not None


def default(field: Field) -> str:
    """The default as a Python expression; `EMPTY` for a list."""
    if field.default == "null" or field.type == "records" or is_optional_struct(field):
        return "None"
    if field.is_array:
        return "EMPTY"
    if field.struct is not None:
        return f"{field.struct.class_name}()"
    if field.type == "bool":
        return "True" if field.default == "true" else "False"
    if field.type == "string":
        return f'"{field.default or ""}"'
    if field.type == "uuid":
        return "NIL_UUID"
    if field.type == "bytes":
        return 'b""'
    if field.type == "float64":
        return str(float(field.default or 0))
    return field.default or "0"


def fresh_default(field: Field) -> str:
    """The default as an expression that may be stored in a new message."""
    value = default(field)
    return "[]" if value == "EMPTY" else value
