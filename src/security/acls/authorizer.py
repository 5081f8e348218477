"""Who may do what: Kafka's decision, and the rule it came by.

In this order: super users may do everything. Of the rules that speak of the resource, the client and its host, one that denies the operation decides; else one
that allows it. Where no rule speaks of the resource at all, ``allow.everyone.if.no.acl.found`` decides. Otherwise it is denied.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from security.acls.acl import Acl
from security.acls.decision import Decision
from security.acls.hosts import parse_host
from security.acls.implied import operations_of
from security.acls.kinds import ANYBODY, Operation, Permission, ResourceType
from security.acls.rule_index import RuleIndex
from security.identity import Identity

_SUPER_USER: Final = "{} is a super user"
_NO_RULE_AT_ALL: Final = "no rule speaks of the resource, and allow.everyone.if.no.acl.found is set"
_NOT_ALLOWED: Final = "no rule allows it"
_STANDS_FOR_ANY: Final = "hardcode"
"""The name that Kafka asks for on behalf of "any resource": matched by super users, by ``*``, and by no rule at all where that allows."""


class Authorizer:
    """Owns the rules in force."""

    def __init__(self, super_users: Iterable[str] = (), *, allow_everyone: bool = False) -> None:
        self._super_users = frozenset(super_users)
        self._allow_everyone = allow_everyone
        self._types = {kind: RuleIndex() for kind in ResourceType if kind > ResourceType.ANY}
        self._acls: set[Acl] = set()

    def __len__(self) -> int:
        return len(self._acls)

    def __iter__(self) -> Iterator[Acl]:
        return iter(self._acls)

    def __contains__(self, acl: object) -> bool:
        return acl in self._acls

    def add(self, acl: Acl) -> None:
        """Put a rule in force; one that is there already stays. Raises HostProblem."""
        if acl not in self._acls:
            self._types[acl.resource_type].add(acl)
            self._acls.add(acl)

    def remove(self, acl: Acl) -> None:
        """Take a rule out of force, if it is."""
        if acl in self._acls:
            self._types[acl.resource_type].remove(acl)
            self._acls.remove(acl)

    def is_super_user(self, identity: Identity) -> bool:
        """Whether no rule restricts the client."""
        if identity.principal in self._super_users:
            return True
        return bool(identity.groups) and not self._super_users.isdisjoint(identity.groups)

    def allows(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str) -> bool:
        """Whether it may be done."""
        if identity.principal in self._super_users or (identity.groups and self.is_super_user(identity)):
            return True
        index = self._types[resource_type]
        denied, allowed = index.bits(name, _principals(identity), parse_host(host))
        bit = 1 << operation
        if denied & bit:
            return False
        if allowed & bit:
            return True
        return self._allow_everyone and not index.concerns(name)

    def explain(
        self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str
    ) -> Decision:
        """The same decision as :meth:`allows`, with the rule that decided: of several the one closest to the resource."""
        if self.is_super_user(identity):
            who = next(each for each in (identity.principal, *identity.groups) if each in self._super_users)
            return Decision(True, _SUPER_USER.format(who))
        index = self._types[resource_type]
        bit = 1 << operation
        concerned = [acl for acl in index.rules(name, _principals(identity), parse_host(host)) if operations_of(acl) & bit]
        for permission in (Permission.DENY, Permission.ALLOW):
            for acl in concerned:
                if acl.permission is permission:
                    allowed = permission is Permission.ALLOW
                    return Decision(allowed, "a rule allows it" if allowed else "a rule denies it", acl)
        if self._allow_everyone and not index.concerns(name):
            return Decision(True, _NO_RULE_AT_ALL)
        return Decision(False, _NOT_ALLOWED)

    def allows_any(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType) -> bool:
        """Whether it may be done on at least one resource of a type, whether there is such a resource or not."""
        if self.allows(identity, host, operation, resource_type, _STANDS_FOR_ANY):
            return True
        return self._types[resource_type].allows_any(1 << operation, _principals(identity), parse_host(host))

    def contents(self) -> object:
        """Everything it is made of, for tests to compare."""
        return self._acls, {kind: index.contents() for kind, index in self._types.items()}


def _principals(identity: Identity) -> Sequence[str]:
    return (identity.principal, *identity.groups, ANYBODY)
