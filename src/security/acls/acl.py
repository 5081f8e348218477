"""One rule of access control."""

from dataclasses import dataclass

from security.acls.kinds import Operation, PatternType, Permission, ResourceType


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """``name`` is a resource's name, a prefix of names, or ``*``; ``principal`` is ``Type:name`` or ``User:*``; ``host`` is an address, a network in CIDR form
    (KIP-1276), or ``*``."""

    resource_type: ResourceType
    pattern_type: PatternType
    name: str
    principal: str
    host: str
    operation: Operation
    permission: Permission

    def __str__(self) -> str:
        """In words for people: logs and explanations."""
        return (
            f"{self.permission.name} {self.operation.name} on {self.resource_type.name} {self.pattern_type.name}:{self.name} "
            f"for {self.principal} from {self.host}"
        )
