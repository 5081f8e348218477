"""AccessKeeper: answers whether a client may do something, by the rules as they are now.

Rules are in the catalog; a change of one is in force here before it is acknowledged, and other brokers hear of it with other metadata. A stored rule that this
version of the broker cannot read might be one that denies: as long as there is one, only super users are let through.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from broker.admin.access_register import AccessRegister
from broker.config.access_settings import authorization_is_on
from broker.storage.catalog.access import AccessEntry, AccessKind
from observability import logs
from observability.metrics import AUTHORIZATION
from security.acls.acl import Acl
from security.acls.authorizer import Authorizer
from security.acls.decision import Decision
from security.acls.kinds import Operation, ResourceType
from security.acls.stored import Unreadable, name_of, read, write
from security.identity import Identity

if TYPE_CHECKING:
    from broker.config.settings import Settings

_OFF = Decision(True, "authorization is off")
_UNREADABLE: Final = "a stored rule cannot be read by this version of the broker, and might deny it: {}"
_log = logs.get("access")


class AccessKeeper:
    """Asked by every handler, through its request's context. Without settings, or where they turn authorization off, everything is allowed."""

    def __init__(self, settings: "Settings | None" = None, register: AccessRegister | None = None) -> None:
        self._enabled = settings is not None and authorization_is_on(settings)
        self._authorizer = (
            Authorizer()
            if settings is None
            else Authorizer(settings.super_users, allow_everyone=settings.allow_everyone_if_no_acl_found)
        )
        self._register = register
        self._by_name: dict[str, Acl] = {}
        self._unreadable: dict[str, str] = {}
        if register is not None:
            register.subscribe(AccessKind.ACL, self._hear)

    @property
    def is_enabled(self) -> bool:
        """Whether anything is ever denied."""
        return self._enabled

    def allows(
        self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str
    ) -> bool:
        """Whether it may be done."""
        if not self._enabled:
            return True
        if self._unreadable:
            return self._authorizer.is_super_user(identity)
        return self._authorizer.allows(identity, host, operation, resource_type, name)

    def allows_any(self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType) -> bool:
        """Whether it may be done on at least one resource of a type (Kafka's ``authorizeByResourceType``)."""
        if not self._enabled:
            return True
        if self._unreadable:
            return self._authorizer.is_super_user(identity)
        return self._authorizer.allows_any(identity, host, operation, resource_type)

    def explain(
        self, identity: Identity, host: str, operation: Operation, resource_type: ResourceType, name: str
    ) -> Decision:
        """The same decision as :meth:`allows`, with the rule that decided."""
        if not self._enabled:
            return _OFF
        if self._unreadable and not self._authorizer.is_super_user(identity):
            return Decision(False, _UNREADABLE.format(", ".join(self._unreadable)))
        return self._authorizer.explain(identity, host, operation, resource_type, name)

    # --- the rules ----------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Acl]:
        """All rules."""
        return iter(self._authorizer)

    def __contains__(self, acl: object) -> bool:
        """Whether there is such a rule."""
        return acl in self._authorizer

    async def change(self, added: Sequence[Acl], removed: Sequence[Acl]) -> None:
        """Store rules and put them in force, all or none. Raises StorageUnavailable."""
        assert self._register is not None, "a keeper of nothing changes nothing"
        entries = [AccessEntry(AccessKind.ACL, name_of(acl), None) for acl in removed]
        entries += [AccessEntry(AccessKind.ACL, name_of(acl), write(acl)) for acl in added]
        if entries:
            await self._register.change(entries)

    def _hear(self, entries: Sequence[AccessEntry]) -> None:
        for entry in entries:
            self._unreadable.pop(entry.name, None)
            if (before := self._by_name.pop(entry.name, None)) is not None:
                self._authorizer.remove(before)
            if entry.value is None:
                continue
            try:
                acl = read(entry.value)
            except Unreadable as problem:
                self._unreadable[entry.name] = str(problem)
                _log.error("a stored access rule cannot be read; only super users are let through", rule=entry.name, reason=str(problem))
                continue
            self._by_name[entry.name] = acl
            self._authorizer.add(acl)
        AUTHORIZATION.rules.set(len(self._by_name))
