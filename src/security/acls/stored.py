"""The stored form of a rule: what names it, and JSON of a version."""

import hashlib
import json
from typing import Any, Final

from security.acls.acl import Acl
from security.acls.hosts import parse_pattern
from security.acls.kinds import Operation, PatternType, Permission, ResourceType

VERSION: Final = 1
_NAME_DIGITS: Final = 40


class Unreadable(ValueError):
    """A stored rule has a form that is not known here; another version of the broker wrote it."""


def name_of(acl: Acl) -> str:
    """The same for the same rule on every broker, and short however long the rule is."""
    return hashlib.sha256(write(acl).encode()).hexdigest()[:_NAME_DIGITS]


def write(acl: Acl) -> str:
    """A rule as text."""
    return json.dumps(
        {
            "v": VERSION,
            "type": acl.resource_type,
            "pattern": acl.pattern_type,
            "name": acl.name,
            "principal": acl.principal,
            "host": acl.host,
            "operation": acl.operation,
            "permission": acl.permission,
        },
        separators=(",", ":"),
    )


def read(text: str) -> Acl:
    """A rule from text. Raises Unreadable."""
    try:
        fields: dict[str, Any] = json.loads(text)
        if fields["v"] != VERSION:
            raise Unreadable(f"it is of version {fields['v']}")
        acl = Acl(
            ResourceType(fields["type"]),
            PatternType(fields["pattern"]),
            str(fields["name"]),
            str(fields["principal"]),
            str(fields["host"]),
            Operation(fields["operation"]),
            Permission(fields["permission"]),
        )
        parse_pattern(acl.host)
    except Unreadable:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(str(error)) from error
    return acl
