"""``ssl.principal.mapping.rules``: how the name in a client's certificate becomes the name of its principal.

Rules are written for Java's regular expressions. What these have and Python's have not is refused when the rules are read: a rule that silently
stops to match would make another client of somebody.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

RULES_MAX: Final = 1_000
NAME_MAX: Final = 8_192
"""Characters of a name that rules are tried on."""

_RULE: Final = re.compile(r"RULE:((?:\\.|[^\\/])*)/((?:\\.|[^\\/])*)/([LU]?)\s*(?:,\s*|$)", re.DOTALL)
_DEFAULT: Final = re.compile(r"DEFAULT\s*(?:,\s*|$)")
_OTHER: Final = re.compile(r"([^,]*)(?:,\s*|$)")

_ANY: Final = "[^\\n\\r\\u0085\\u2028\\u2029]"
"""Java's ``.``: it ends at more kinds of lines than Python's."""

_ESCAPES: Final = {
    "h": "[ \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000]",
    "R": "(?:\\r\\n|[\\n\\x0b\\f\\r\\x85\\u2028\\u2029])",
    "z": "\\Z",
    "Z": "(?=(?:\\r\\n|[\\n\\r\\x85\\u2028\\u2029])?\\Z)",
    "e": "\\x1b",
}
_SAME_IN_BOTH: Final = frozenset("wWdDsSbBAtnrfaxu0123456789")
_NOT_HERE: Final = "is not understood here"


class MappingInvalid(ValueError):
    """The rules cannot be used; the text says why."""


class NoRuleApplies(Exception):
    """No rule matches the name, and none says that it may stay as it is: the client is refused."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``pattern`` None is DEFAULT: the name as it is."""

    pattern: re.Pattern[str] | None = None
    replace: Callable[[re.Match[str]], str] | None = None
    case: str = ""

    def apply(self, name: str) -> str | None:
        """The principal's name, None when the rule is for others."""
        if self.pattern is None or self.replace is None:
            return name
        if self.pattern.fullmatch(name) is None:
            return None
        # As in Java: what is replaced is found anew, and may be less than the whole when the pattern may match less.
        mapped = self.pattern.sub(self.replace, name)
        return mapped.lower() if self.case == "L" else mapped.upper() if self.case == "U" else mapped


def parse_rules(text: str) -> tuple[Rule, ...]:
    """The rules in their order. Raises MappingInvalid."""
    text = text.strip()
    rules: list[Rule] = []
    at = 0
    while at < len(text):
        if (found := _DEFAULT.match(text, at)) is not None:
            rules.append(Rule())
        elif (found := _RULE.match(text, at)) is not None:
            rules.append(_rule(found[1], found[2], found[3]))
        else:
            found = _OTHER.match(text, at)
            assert found is not None
            if found[1].strip():
                raise MappingInvalid(f"{found[1].strip()!r} is neither DEFAULT nor RULE:pattern/replacement/[LU]")
        if len(rules) > RULES_MAX:
            raise MappingInvalid(f"more than {RULES_MAX} rules")
        at = max(found.end(), at + 1)
    return tuple(rules)


def map_name(rules: tuple[Rule, ...], name: str) -> str:
    """What the first rule that applies makes of a name. Raises NoRuleApplies."""
    if len(name) <= NAME_MAX:
        for rule in rules:
            mapped = rule.apply(name)
            if mapped is not None:
                return mapped
    raise NoRuleApplies


def _rule(pattern: str, replacement: str, case: str) -> Rule:
    try:
        compiled = re.compile(_in_python(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise MappingInvalid(f"{pattern!r} is not a regular expression: {error}") from None
    return Rule(compiled, _replacer(replacement, compiled), case)


def _in_python(pattern: str) -> str:
    """A regular expression of Java's in Python's words. Raises MappingInvalid for what has no counterpart."""
    parts: list[str] = []
    in_class = False
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            escaped = pattern[at + 1 : at + 2]
            if escaped == "Q":
                end = pattern.find("\\E", at)
                end = len(pattern) if end < 0 else end
                parts.append(re.escape(pattern[at + 2 : end]))
                at = end + 2
                continue
            parts.append(_escape(escaped, in_class))
            at += 2
        elif in_class:
            if character == "[" or pattern.startswith("&&", at):
                raise MappingInvalid(f"a set within a set, in {pattern!r}, {_NOT_HERE}")
            in_class = character != "]"
            parts.append(character)
            at += 1
        elif character == "[":
            in_class = True
            start = "[^" if pattern.startswith("[^", at) else "["
            parts.append(start)
            at += len(start)
            if pattern.startswith("]", at):
                parts.append("\\]")
                at += 1
        elif character == ".":
            parts.append(_ANY)
            at += 1
        elif pattern.startswith("(?<", at) and pattern[at + 3 : at + 4] not in ("=", "!"):
            parts.append("(?P<")
            at += 3
        else:
            parts.append(character)
            at += 1
    return "".join(parts)


def _escape(escaped: str, in_class: bool) -> str:
    if not escaped.isalnum() or escaped in _SAME_IN_BOTH:
        return "\\" + escaped
    if escaped in _ESCAPES and not (in_class and escaped != "e"):
        return _ESCAPES[escaped]
    raise MappingInvalid(f"\\{escaped} in a pattern {_NOT_HERE}")


def _replacer(replacement: str, pattern: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    """What takes the place of a match: text, and groups by number (``$1``) or name (``${name}``). Raises MappingInvalid."""
    parts: list[str | int] = []
    at = 0
    while at < len(replacement):
        character = replacement[at]
        if character == "\\" and at + 1 < len(replacement):
            parts.append(replacement[at + 1])
            at += 2
        elif character == "$":
            part, at = _group(replacement, at, pattern)
            parts.append(part)
        else:
            parts.append(character)
            at += 1
    return lambda match: "".join(part if isinstance(part, str) else match[part] or "" for part in parts)


def _group(replacement: str, at: int, pattern: re.Pattern[str]) -> tuple[str | int, int]:
    """What the ``$`` at this place means, and where it ends."""
    if named := re.compile(r"\$\{([a-zA-Z][a-zA-Z0-9]*)\}").match(replacement, at):
        if named[1] not in pattern.groupindex:
            raise MappingInvalid(f"there is no group {named[1]!r} in {pattern.pattern!r}")
        return pattern.groupindex[named[1]], named.end()
    digits = re.compile(r"[0-9]*").match(replacement, at + 1)
    number = "" if digits is None else digits[0]
    if not number:
        raise MappingInvalid(f"$ without a number in {replacement!r}")
    if number.startswith("0"):
        return 0, at + 2
    # $12 is group 12, or where there are fewer the first one followed by a 2; a group that does not exist is plain text (but Java
    # takes that for an error where the pattern has none at all).
    while number and int(number) > pattern.groups:
        number = number[:-1]
    if number:
        return int(number), at + 1 + len(number)
    if not pattern.groups:
        raise MappingInvalid(f"{replacement!r} names a group, and there is none in {pattern.pattern!r}")
    return "$", at + 1
