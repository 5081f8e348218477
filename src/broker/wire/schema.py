"""The message facts, parsed: what `facts/*.txt` says, as dataclasses.

Each API has one text file, indented by two spaces a level:

    api 0 Produce

    request ProduceRequest versions=3-13 flexible=9+
      transactional_id string nullable default=null
      topic_data []TopicProduceData
        name string 0-12

A field line is its name, its type, optionally the versions that carry it (left out when all do), and options:
`nullable` (or `nullable=VERSIONS` when only some allow null), `tag=N` for a tagged field, `default=VALUE` where that is
not zero, false or empty. The fields of a struct follow one level deeper. `struct NAME` declares a struct that several
fields of the message use.

Only the code generator and the tests read these files; the broker runs on what was generated from them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FACTS_DIR = Path(__file__).parent / "facts"

_UNBOUNDED = 1 << 15


@dataclass(frozen=True)
class Versions:
    """An inclusive range of versions; `first > last` is the empty range."""

    first: int
    last: int

    def __contains__(self, version: int) -> bool:
        return self.first <= version <= self.last

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))


NEVER = Versions(1, 0)


@dataclass
class Field:
    """One field of a struct. `default` is the text of the facts file, None where it is the type's zero value."""

    name: str
    type: str
    is_array: bool
    versions: Versions
    nullable: Versions
    tag: int | None
    default: str | None
    struct: "Struct | None" = None


@dataclass
class Struct:
    """A nested struct, or the message itself. `class_name` is unique within the API's generated module."""

    type_name: str
    class_name: str
    fields: list[Field] = field(default_factory=list)


@dataclass
class MessageFacts:
    """One message: `structs` lists it and all its nested structs, innermost first."""

    kind: str
    versions: Versions
    flexible: Versions
    root: Struct
    structs: list[Struct]


@dataclass
class ApiFacts:
    """One API key with its two messages. `module` is the name of the generated modules."""

    key: int
    name: str
    module: str
    request: MessageFacts
    response: MessageFacts

    @property
    def messages(self) -> tuple[MessageFacts, MessageFacts]:
        return self.request, self.response


class FactsError(ValueError):
    """A facts file does not follow the format."""


def snake_case(name: str) -> str:
    """`OffsetForLeaderEpoch` -> `offset_for_leader_epoch`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def load_all(directory: Path = FACTS_DIR) -> list[ApiFacts]:
    """Every API, by key."""
    return sorted((load(path) for path in directory.glob("*.txt")), key=lambda api: api.key)


def load(path: Path) -> ApiFacts:
    """The facts of one API; FactsError names the file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (FactsError, ValueError, IndexError, KeyError) as error:
        raise FactsError(f"{path.name}: {error}") from error


def parse(text: str) -> ApiFacts:
    """The facts of one API from the text of its file."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    word, key, name = lines[0].split()
    if word != "api":
        raise FactsError(f"expected an api line, found {lines[0]!r}")
    starts = [i for i, line in enumerate(lines) if i and not line.startswith(" ")]
    if len(starts) != 2:
        raise FactsError("expected one request and one response")
    request = _MessageParser(name, lines[starts[0] : starts[1]]).parse()
    response = _MessageParser(name, lines[starts[1] :]).parse()
    _make_class_names_unique(request, response)
    return ApiFacts(int(key), name, snake_case(name), request, response)


def _make_class_names_unique(request: MessageFacts, response: MessageFacts) -> None:
    """Where both messages nest a struct of one name, both get the message's name in front."""
    shared = {s.class_name for s in request.structs} & {s.class_name for s in response.structs}
    for message in (request, response):
        for struct in message.structs:
            if struct.class_name in shared:
                struct.class_name = message.root.class_name + struct.type_name


class _MessageParser:
    def __init__(self, api_name: str, lines: list[str]) -> None:
        self._api_name = api_name
        kind, self._name, versions, flexible = lines[0].split()
        self._kind = kind
        self._valid = _parse_versions(versions.removeprefix("versions="), Versions(0, _UNBOUNDED))
        self._flexible = _parse_versions(flexible.removeprefix("flexible="), self._valid)
        self._lines = lines[1:]
        self._at = 0
        self._common: dict[str, Struct] = {}
        self._structs: list[Struct] = []

    def parse(self) -> MessageFacts:
        root = Struct(self._name, self._name)
        self._collect_common()
        self._at = 0
        root.fields = self._fields(1)
        self._structs.append(root)
        for struct in self._structs:
            for item in struct.fields:
                if item.struct is None and item.type[0].isupper():
                    item.struct = self._common[item.type]
        return MessageFacts(self._kind, self._valid, self._flexible, root, self._ordered(root))

    def _ordered(self, root: Struct) -> list[Struct]:
        seen: list[Struct] = []

        def visit(struct: Struct) -> None:
            for item in struct.fields:
                if item.struct is not None:
                    visit(item.struct)
            if struct not in seen:
                seen.append(struct)

        visit(root)
        names = [struct.class_name for struct in seen]
        if len(set(names)) != len(names):
            raise FactsError(f"{self._name} nests two structs of one name")
        return seen

    def _struct(self, type_name: str) -> Struct:
        own = type_name.startswith(self._api_name)
        return Struct(type_name, type_name if own else self._name + type_name)

    def _collect_common(self) -> None:
        rest: list[str] = []
        while self._at < len(self._lines):
            words = self._lines[self._at].split()
            if words[0] == "struct":
                self._at += 1
                struct = self._struct(words[1])
                struct.fields = self._fields(2)
                self._common[words[1]] = struct
                self._structs.append(struct)
            else:
                rest.append(self._lines[self._at])
                self._at += 1
        self._lines = rest

    def _fields(self, depth: int) -> list[Field]:
        found: list[Field] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            indent = (len(line) - len(line.lstrip())) // 2
            if indent < depth:
                break
            if indent > depth:
                raise FactsError(f"unexpected indentation: {line!r}")
            self._at += 1
            item = self._field(line.split())
            children = self._fields(depth + 1)
            if children:
                item.struct = self._struct(item.type)
                item.struct.fields = children
                self._structs.append(item.struct)
            found.append(item)
        return found

    def _field(self, words: list[str]) -> Field:
        name, type_name, *options = words
        is_array = type_name.startswith("[]")
        result = Field(name, type_name.removeprefix("[]"), is_array, self._valid, NEVER, None, None)
        if options and options[0][0].isdigit():
            result.versions = _parse_versions(options.pop(0), self._valid)
        for option in options:
            key, _, value = option.partition("=")
            if key == "nullable":
                result.nullable = _parse_versions(value, self._valid) if value else result.versions
            elif key == "tag":
                result.tag = int(value)
            elif key == "default":
                result.default = value
            else:
                raise FactsError(f"unknown option {option!r} of {name}")
        return result


def _parse_versions(text: str, valid: Versions) -> Versions:
    if text == "none":
        return NEVER
    if text.endswith("+"):
        return Versions(int(text[:-1]), valid.last)
    first, _, last = text.partition("-")
    return Versions(int(first), int(last or first))
