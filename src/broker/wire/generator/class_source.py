"""Writes `messages/<api>.py`: one slotted class for each message and nested struct."""

from broker.wire.generator.python_types import annotation, default, fresh_default
from broker.wire.generator.source import Source, module_docstring
from broker.wire.schema import ApiFacts, Field, MessageFacts, Struct, Versions


def messages_module(api: ApiFacts) -> str:
    """The source of the module."""
    body = Source()
    for message in api.messages:
        for struct in message.structs:
            _add_class(body, message, struct)
    text = body.text()
    names = [name for name in ("Buffer", "EMPTY", "Message", "NIL_UUID", "Records") if _mentions(text, name)]
    head = Source()
    head.add(module_docstring(f"{api.name} (API key {api.key}): the message classes of all versions."), "")
    head.add(f"from broker.wire.messages.base import {', '.join(sorted(names, key=_isort_key))}", "", "")
    return head.text().rstrip("\n") + "\n\n\n" + text


def _isort_key(name: str) -> tuple[bool, str]:
    return (not name.isupper(), name)


def _mentions(text: str, name: str) -> bool:
    return any(f"{before}{name}" in text for before in (" ", "(", "| "))


def _add_class(out: Source, message: MessageFacts, struct: Struct) -> None:
    with out.block(f"class {struct.class_name}(Message):"):
        versions = _range(message.versions)
        what = f"Versions {versions}." if struct is message.root else f"Part of {message.root.class_name}."
        out.add(f'"""{what}"""', "")
        _add_slots(out, struct)
        if not struct.fields:
            out.add("")
            return
        out.add("")
        with out.block("def __init__("):
            out.add("self,", "*,")
            for field in struct.fields:
                note = "" if field.versions == message.versions else f"  # versions {_range(field.versions)}"
                out.add(f"{field.name}: {_argument_type(field, message.kind)} = {_argument_default(field)},{note}")
        with out.block(") -> None:"):
            for field in struct.fields:
                out.add(f"self.{field.name} = {_stored(field)}")
    out.add("", "")


def _add_slots(out: Source, struct: Struct) -> None:
    one_line = "__slots__ = (" + ", ".join(f'"{field.name}"' for field in struct.fields)
    one_line += ",)" if len(struct.fields) == 1 else ")"
    if len(one_line) <= 116:
        out.add(one_line)
        return
    with out.block("__slots__ = ("):
        out.add(*(f'"{field.name}",' for field in struct.fields))
    out.add(")")


def _argument_default(field: Field) -> str:
    return "None" if _is_built(field) else default(field)


def _argument_type(field: Field, kind: str) -> str:
    return annotation(field, kind) + (" | None" if _is_built(field) else "")


def _is_built(field: Field) -> bool:
    return default(field).endswith("()")


def _stored(field: Field) -> str:
    if default(field) == "EMPTY":
        return f"[] if {field.name} is EMPTY else {field.name}"
    if _is_built(field):
        return f"{fresh_default(field)} if {field.name} is None else {field.name}"
    return field.name


def _range(versions: Versions) -> str:
    if versions.first == versions.last:
        return str(versions.first)
    return f"{versions.first}-{versions.last}"
