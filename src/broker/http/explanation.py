"""Questions about access, as a URL puts them, and their answers as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from security.acls.decision import Decision
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from security.identity import Identity

ANY_HOST: Final = "0.0.0.0"  # noqa: S104 - compared, not bound
"""Stands for a host that was not named: of rules that name one, none fits it."""
_LENGTH_MAX: Final = 1024


class BadQuestion(Exception):
    """What was asked cannot be answered; the text says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """Would ``identity``, coming from ``host``, be allowed to do it?"""

    identity: Identity
    host: str | None
    operation: Operation
    resource_type: ResourceType
    name: str


def read_question(given: Mapping[str, str], groups: Sequence[str] = ()) -> Question:
    """From the parameters principal, operation, resource and host. Raises BadQuestion."""
    for name in ("principal", "operation", "resource"):
        if not given.get(name):
            raise BadQuestion(f"{name} is missing")
    if any(len(text) > _LENGTH_MAX for text in (*given.values(), *groups)):
        raise BadQuestion(f"nothing here is longer than {_LENGTH_MAX} characters")
    for principal in (given["principal"], *groups):
        kind, colon, name = principal.partition(":")
        if not (kind and colon and name):
            raise BadQuestion("a principal or a group is TYPE:NAME, for example User:alice")
    operation = Operation.__members__.get(_constant(given["operation"]))
    if operation is None or operation <= Operation.ALL:
        names = ", ".join(known.name.lower() for known in Operation if known > Operation.ALL)
        raise BadQuestion(f"operation is one of {names}")
    resource_type, name = read_resource(given["resource"])
    identity = Identity(given["principal"], tuple(groups))
    return Question(identity, given.get("host") or None, operation, resource_type, name)


def read_resource(text: str) -> tuple[ResourceType, str]:
    """``TYPE:NAME``; of ``cluster`` there is one. Raises BadQuestion."""
    kind, _, name = text.partition(":")
    resource_type = ResourceType.__members__.get(_constant(kind))
    if resource_type is None or resource_type <= ResourceType.ANY:
        names = ", ".join(known.name.lower() for known in ResourceType if known > ResourceType.ANY)
        raise BadQuestion(f"resource is TYPE:NAME, with one of the types {names}")
    if resource_type is ResourceType.CLUSTER:
        name = name or CLUSTER_NAME
    if not name:
        raise BadQuestion("resource lacks a name, as in topic:orders")
    return resource_type, name


def answer(question: Question, decision: Decision) -> dict[str, Any]:
    """As JSON."""
    rule = decision.rule
    return {
        "principal": question.identity.principal,
        "groups": list(question.identity.groups),
        "host": question.host,
        "operation": question.operation.name,
        "resource": {"type": question.resource_type.name, "name": question.name},
        "allowed": decision.allowed,
        "reason": decision.reason,
        "rule": None
        if rule is None
        else {
            "resource_type": rule.resource_type.name,
            "pattern_type": rule.pattern_type.name,
            "name": rule.name,
            "principal": rule.principal,
            "host": rule.host,
            "operation": rule.operation.name,
            "permission": rule.permission.name,
        },
    }


def _constant(text: str) -> str:
    return text.strip().replace("-", "_").upper()
