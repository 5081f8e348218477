"""Rule: regular expressions that clients send, matched against whole names in linear time.

Consumers subscribe with them, and operators look for names with them. The syntax is RE2's (which Apache Kafka uses), as far as it says
something about names: literals and escapes, ``.``,
classes with ranges, negation and POSIX names, groups (their names are not kept), ``|``, ``* + ? {m,n}`` greedy or lazy (which of the two
makes no difference to whether a name matches), ``^ $ \\A \\z``, ``\\Q...\\E``, and the flags ``i s m U``. Back-references, look-around
and possessive quantifiers are refused as there; so are ``\\b \\B \\p`` and ``\\C``, which RE2 has.

No pattern is slow: it becomes a non-deterministic automaton, and what is met of its deterministic form is kept, up to a bound.
"""

from collections.abc import Iterable
from typing import Final

PATTERN_MAX: Final = 2_000
"""Characters of a pattern."""
STATES_MAX: Final = 4_000
"""States of its automaton; repetitions are written out."""
REPEAT_MAX: Final = 1_000
DEPTH_MAX: Final = 100
_SETS_MAX: Final = 2_000
_TOP: Final = 0x110000

_Ranges = tuple[tuple[int, int], ...]
"""Inclusive ranges of code points, in order."""

_ANY: Final[_Ranges] = ((0, _TOP),)
_NOT_NEWLINE: Final[_Ranges] = ((0, 9), (11, _TOP))
_CLASSES: Final[dict[str, _Ranges]] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 10), (12, 13), (32, 32)),
}
_POSIX: Final[dict[str, _Ranges]] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _CLASSES["w"],
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CONTROL: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_NEVER: Final = -1


class PatternInvalid(ValueError):
    """The text is no pattern; the message says why."""


class LinearPattern:
    """One compiled pattern. Raises PatternInvalid."""

    def __init__(self, text: str) -> None:
        self.text = text
        program = _Compiler(text).compile()
        self._consumes, self._next, self._accept = program.consumes, program.next, program.accept
        self._start = frozenset(program.closure([program.start], at_start=True))
        self._closure = program.closure
        self._end_reach = program.accepts_at_end
        self._moves: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, name: str) -> bool:
        """Whether the whole name matches."""
        states = self._start
        moves = self._moves
        for character in name:
            key = (states, character)
            known = moves.get(key)
            if known is None:
                if len(moves) >= _SETS_MAX:
                    moves.clear()
                known = moves[key] = self._move(states, ord(character))
            if not known:
                return False
            states = known
        return self._end_reach(states, at_start=not name)

    def matching(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(name for name in names if self.matches(name))

    def _move(self, states: frozenset[int], point: int) -> frozenset[int]:
        reached = [
            self._next[state] for state in states if any(low <= point <= high for low, high in self._consumes.get(state, ()))
        ]
        return frozenset(self._closure(reached))


class _Program:
    """States are numbers. A state consumes one character of its ranges, or goes on for nothing to others, at the start of the
    text, at its end, or anywhere."""

    def __init__(self) -> None:
        self.size = 0
        self.consumes: dict[int, _Ranges] = {}
        self.next: dict[int, int] = {}
        self.free: dict[int, list[int]] = {}
        self.at_start: dict[int, int] = {}
        self.at_end: dict[int, int] = {}
        self.start = self.accept = _NEVER

    def state(self) -> int:
        if self.size >= STATES_MAX:
            raise PatternInvalid("expression too large")
        self.size += 1
        return self.size - 1

    def link(self, source: int, target: int) -> None:
        self.free.setdefault(source, []).append(target)

    def closure(self, states: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> set[int]:
        seen: set[int] = set()
        open_states = list(states)
        while open_states:
            state = open_states.pop()
            if state in seen:
                continue
            seen.add(state)
            open_states += self.free.get(state, ())
            if at_start and state in self.at_start:
                open_states.append(self.at_start[state])
            if at_end and state in self.at_end:
                open_states.append(self.at_end[state])
        return seen

    def accepts_at_end(self, states: frozenset[int], *, at_start: bool) -> bool:
        return self.accept in states or self.accept in self.closure(states, at_start=at_start, at_end=True)


_Part = tuple[int, int]
"""First and last state of a part of the program."""


class _Compiler:
    """Reads the pattern and writes the program in one go; what is repeated is read again."""

    def __init__(self, text: str) -> None:
        if len(text) > PATTERN_MAX:
            raise PatternInvalid(f"longer than {PATTERN_MAX} characters")
        self._text = text
        self._at = 0
        self._depth = 0
        self._fold = False
        self._dot_all = False
        self._program = _Program()

    def compile(self) -> _Program:
        first, last = self._alternatives()
        if self._at < len(self._text):
            raise PatternInvalid(f"unexpected ): `{self._text}`")
        self._program.start, self._program.accept = first, last
        return self._program

    def _peek(self, ahead: str) -> bool:
        return self._text.startswith(ahead, self._at)

    def _take(self) -> str:
        if self._at >= len(self._text):
            raise PatternInvalid("it ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _alternatives(self) -> _Part:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise PatternInvalid("expression nests too deeply")
        flags = self._fold, self._dot_all
        first, last = self._program.state(), self._program.state()
        while True:
            start, end = self._sequence()
            self._program.link(first, start)
            self._program.link(end, last)
            if not self._peek("|"):
                break
            self._at += 1
        self._fold, self._dot_all = flags
        self._depth -= 1
        return first, last

    def _sequence(self) -> _Part:
        first = last = self._program.state()
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            for start, end in self._repeated():
                self._program.link(last, start)
                last = end
        return first, last

    def _repeated(self) -> list[_Part]:
        """One item with its quantifier, as parts to be joined."""
        begin, flags = self._at, (self._fold, self._dot_all)
        part = self._item()
        if part is None:
            return []
        bounds = self._quantifier()
        if bounds is None:
            return [part]
        low, high = bounds
        after = self._at

        def again() -> _Part:
            self._at, (self._fold, self._dot_all) = begin, flags
            copy = self._item()
            self._at = after
            assert copy is not None
            return copy

        parts = [part if number == 0 else again() for number in range(low)]
        spare = None if low else part
        if high is None:
            parts.append(self._looped(spare or again()))
        else:
            for _ in range(high - low):
                parts.append(self._optional(spare or again()))
                spare = None
        return parts or [self._empty()]

    def _empty(self) -> _Part:
        state = self._program.state()
        return state, state

    def _optional(self, part: _Part) -> _Part:
        self._program.link(*part)
        return part

    def _looped(self, part: _Part) -> _Part:
        first, last = self._program.state(), self._program.state()
        for source, target in ((first, part[0]), (first, last), (part[1], part[0]), (part[1], last)):
            self._program.link(source, target)
        return first, last

    def _quantifier(self) -> tuple[int, int | None] | None:
        if self._at >= len(self._text):
            return None
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        character = self._text[self._at]
        bounds = simple.get(character)
        if bounds is not None:
            self._at += 1
        elif character == "{":
            bounds = self._counted()
        if bounds is None:
            return None
        if self._peek("?"):
            self._at += 1
        if self._at < len(self._text) and (self._text[self._at] in "*+?" or self._is_count()):
            raise PatternInvalid(f"invalid nested repetition operator: `{self._text[self._at - 1 : self._at + 1]}`")
        return bounds

    def _is_count(self) -> bool:
        at = self._at
        try:
            return self._peek("{") and self._counted() is not None
        finally:
            self._at = at

    def _counted(self) -> tuple[int, int | None] | None:
        """``{m}``, ``{m,}`` or ``{m,n}``; anything else in braces is taken literally, as RE2 does."""
        end = self._text.find("}", self._at)
        low, comma, high = self._text[self._at + 1 : end if end > 0 else self._at].partition(",")
        if not (low.isascii() and low.isdigit()) or (high and not (high.isascii() and high.isdigit())):
            return None
        if len(low) > 5 or len(high) > 5 or max(int(low), int(high or 0)) > REPEAT_MAX or (high and int(high) < int(low)):
            raise PatternInvalid(f"invalid repeat count: `{self._text[self._at : end + 1]}`")
        self._at = end + 1
        return int(low), (int(high) if high else None) if comma else int(low)

    def _item(self) -> _Part | None:
        """One character, class, group or assertion. None for flags, which only change what follows."""
        character = self._take()
        match character:
            case "(":
                return self._group()
            case "[":
                return self._one_of(self._class())
            case ".":
                return self._one_of(_ANY if self._dot_all else _NOT_NEWLINE)
            case "^":
                return self._assertion(self._program.at_start)
            case "$":
                return self._assertion(self._program.at_end)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise PatternInvalid(f"missing argument to repetition operator: `{character}`")
            case _:
                return self._one_of(((ord(character), ord(character)),))

    def _assertion(self, kind: dict[int, int]) -> _Part:
        first, last = self._program.state(), self._program.state()
        kind[first] = last
        return first, last

    def _one_of(self, ranges: _Ranges) -> _Part:
        first, last = self._program.state(), self._program.state()
        self._program.consumes[first] = _folded(ranges) if self._fold else ranges
        self._program.next[first] = last
        return first, last

    def _group(self) -> _Part | None:
        if self._peek("?"):
            self._at += 1
            for name_begin in ("P<", "<"):
                if self._peek(name_begin) and not (self._peek("<=") or self._peek("<!")):
                    end = self._text.find(">", self._at)
                    name = self._text[self._at + len(name_begin) : end]
                    if end < 0 or not name or not all(c == "_" or (c.isascii() and c.isalnum()) for c in name):
                        raise PatternInvalid("invalid named capture")
                    self._at = end + 1
                    return self._closed(self._alternatives())
            return self._flagged_group()
        return self._closed(self._alternatives())

    def _closed(self, part: _Part) -> _Part:
        if not self._peek(")"):
            raise PatternInvalid(f"missing closing ): `{self._text}`")
        self._at += 1
        return part

    def _flagged_group(self) -> _Part | None:
        before = self._fold, self._dot_all
        switched_on = True
        while True:
            character = self._take()
            match character:
                case "i":
                    self._fold = switched_on
                case "s":
                    self._dot_all = switched_on
                case "m" | "U":
                    pass
                case "-" if switched_on:
                    switched_on = False
                case ":":
                    part = self._closed(self._alternatives())
                    self._fold, self._dot_all = before
                    return part
                case ")":
                    return None
                case _:
                    raise PatternInvalid(f"invalid or unsupported Perl syntax: `(?{character}`")

    def _escape(self) -> _Part:
        character = self._take()
        if character == "Q":
            end = self._text.find("\\E", self._at)
            literal = self._text[self._at : end if end >= 0 else None]
            self._at = end + 2 if end >= 0 else len(self._text)
            part = self._empty()
            for each in literal:
                start, last = self._one_of(((ord(each), ord(each)),))
                self._program.link(part[1], start)
                part = part[0], last
            return part
        if character == "A":
            return self._assertion(self._program.at_start)
        if character == "z":
            return self._assertion(self._program.at_end)
        return self._one_of(self._escaped(character))

    def _escaped(self, character: str) -> _Ranges:
        if character.lower() in _CLASSES:
            ranges = _CLASSES[character.lower()]
            return ranges if character.islower() else _negated(ranges)
        point = _CONTROL.get(character)
        if point is None and character == "x":
            point = self._hexadecimal()
        elif point is None and character == "0":
            point = 0
        elif point is None and not (character.isascii() and character.isalnum()):
            point = ord(character)
        if point is None:
            raise PatternInvalid(f"invalid escape sequence: `\\{character}`")
        return ((point, point),)

    def _hexadecimal(self) -> int:
        if self._peek("{"):
            end = self._text.find("}", self._at)
            digits, self._at = self._text[self._at + 1 : end if end > 0 else self._at], end + 1
        else:
            digits, self._at = self._text[self._at : self._at + 2], self._at + 2
        if not 0 < len(digits) <= 6 or any(digit not in "0123456789abcdefABCDEF" for digit in digits) or int(digits, 16) >= _TOP:
            raise PatternInvalid("invalid escape sequence: `\\x`")
        return int(digits, 16)

    def _class(self) -> _Ranges:
        begin = self._at - 1
        negated = self._peek("^")
        self._at += negated
        ranges: list[tuple[int, int]] = []
        is_first = True
        while True:
            if self._at >= len(self._text):
                raise PatternInvalid(f"missing closing ]: `{self._text[begin:]}`")
            if self._peek("]") and not is_first:
                self._at += 1
                break
            is_first = False
            if self._peek("[:"):
                ranges += self._posix()
                continue
            found = self._class_item()
            if len(found) == 1 and found[0][0] == found[0][1] and self._peek("-") and not self._peek("-]"):
                self._at += 1
                high = self._class_item()
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < found[0][0]:
                    raise PatternInvalid(f"invalid character class range: `{self._text[begin : self._at]}`")
                found = ((found[0][0], high[0][0]),)
            ranges += found
        if self._fold:
            ranges = list(_folded(tuple(ranges)))
        return _negated(tuple(ranges)) if negated else tuple(ranges)

    def _class_item(self) -> _Ranges:
        character = self._take()
        if character == "\\":
            return self._escaped(self._take())
        return ((ord(character), ord(character)),)

    def _posix(self) -> _Ranges:
        end = self._text.find(":]", self._at)
        name = self._text[self._at + 2 : end if end > 0 else self._at + 2]
        plain = name.removeprefix("^")
        if plain not in _POSIX:
            raise PatternInvalid(f"invalid character class range: `[:{name}:]`")
        self._at = end + 2
        return _POSIX[plain] if plain == name else _negated(_POSIX[plain])


def _negated(ranges: _Ranges) -> _Ranges:
    gaps = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            gaps.append((start, low - 1))
        start = max(start, high + 1)
    return (*gaps, (start, _TOP))


def _folded(ranges: _Ranges) -> _Ranges:
    """With the other case of each ASCII letter, and of other letters that stand for themselves."""
    more = []
    for low, high in ranges:
        for first, last, shift in ((65, 90, 32), (97, 122, -32)):
            begin, end = max(low, first), min(high, last)
            if begin <= end:
                more.append((begin + shift, end + shift))
        other = chr(low).swapcase() if 127 < low == high < _TOP else ""
        if len(other) == 1:
            more.append((ord(other), ord(other)))
    return (*ranges, *more)
