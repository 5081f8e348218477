"""AccessKeeper: answers whether a client may do something, by the rules as they are now."""

from security.acls.decision import Decision
from security.acls.kinds import Operation, ResourceType
from security.identity import Identity

_OFF = Decision(True, "authorization is off")


class AccessKeeper:
    """Asked by every handler, through its request's context."""

    @property
    def is_enabled(self) -> bool:
        """Whether anything is ever denied."""
        return False

    def allows(
        self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str
    ) -> bool:
        """Whether it may be done."""
        return True

    def allows_any(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType) -> bool:
        """Whether it may be done on at least one resource of a type (Kafka's ``authorizeByResourceType``)."""
        return True

    def explain(
        self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str
    ) -> Decision:
        """The same decision as :meth:`allows`, with the rule that decided."""
        return _OFF
