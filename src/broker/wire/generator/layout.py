"""What a struct looks like in one version: which fields are there, and how few bytes it can take."""

from broker.wire.generator.python_types import FIXED_SIZES
from broker.wire.schema import Field, MessageFacts, Struct


class Layout:
    """One version of one message."""

    def __init__(self, message: MessageFacts, version: int) -> None:
        self.message = message
        self.version = version
        self.flexible = version in message.flexible

    def plain(self, struct: Struct) -> list[Field]:
        """The fields that stand in the struct itself, in order."""
        return [field for field in struct.fields if field.tag is None and self.version in field.versions]

    def tagged(self, struct: Struct) -> list[Field]:
        """The known tagged fields, by tag."""
        found = [field for field in struct.fields if field.tag is not None and self.version in field.versions]
        return sorted(found, key=lambda field: field.tag or 0)

    def absent(self, struct: Struct) -> list[Field]:
        """Fields this version does not carry, and those it need not: they start at their defaults."""
        plain = self.plain(struct)
        return [field for field in struct.fields if field not in plain]

    def is_empty(self, struct: Struct) -> bool:
        """Whether nothing at all is written."""
        return not self.flexible and not self.plain(struct)

    def nullable(self, field: Field) -> bool:
        """Whether null is allowed for the field."""
        return self.version in field.nullable

    def length_code(self, field: Field) -> str:
        """How a length in front of the field is written: `B` (the first byte of a varint), `h` or `i`."""
        if self.flexible:
            return "B"
        return "h" if field.type == "string" and not field.is_array else "i"

    def least_size(self, struct: Struct) -> int:
        """The least number of bytes the struct takes; never zero, so that counts can be checked."""
        size = sum(self._least_field_size(field) for field in self.plain(struct)) + self.flexible
        if size == 0:
            raise ValueError(f"{struct.class_name} is empty in version {self.version}")
        return size

    def least_element_size(self, field: Field) -> int:
        """The least number of bytes one element of the array takes."""
        if field.struct is not None:
            return self.least_size(field.struct)
        if field.type in FIXED_SIZES:
            return FIXED_SIZES[field.type]
        return 1 if self.flexible else {"string": 2}.get(field.type, 4)

    def _least_field_size(self, field: Field) -> int:
        if field.is_array:
            return 1 if self.flexible else 4
        if field.struct is not None:
            return 1 if self.nullable(field) else self.least_size(field.struct)
        if field.type in FIXED_SIZES:
            return FIXED_SIZES[field.type]
        return {"B": 1, "h": 2, "i": 4}[self.length_code(field)]
