"""Which quotas somebody asks to see (KIP-546)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from security.quotas.entity import IP, TYPES, QuotaEntity


class Match(IntEnum):
    """By Kafka's codes: this name, the default, any name and the default."""

    EXACT = 0
    DEFAULT = 1
    ANY = 2


class FilterProblem(Exception):
    """Such a question has no meaning; ``is_unknown_type``: it may have one for a newer broker."""

    def __init__(self, message: str, *, is_unknown_type: bool = False) -> None:
        super().__init__(message)
        self.is_unknown_type = is_unknown_type


@dataclass(frozen=True, slots=True)
class Component:
    """What one part of an entity must be like."""

    kind: str
    match: Match
    name: str | None


@dataclass(frozen=True, slots=True)
class QuotaFilter:
    """``is_strict``: entities with parts beyond the components do not fit. Without components everything fits, strictly nothing."""

    components: tuple[Component, ...]
    is_strict: bool

    @classmethod
    def of(cls, components: Sequence[tuple[str, int, str | None]], *, is_strict: bool) -> "QuotaFilter":
        """Checked. Raises FilterProblem."""
        found: dict[str, Component] = {}
        for kind, match, name in components:
            if not kind:
                raise FilterProblem("a component has no entity type")
            if kind in found:
                raise FilterProblem(f"the entity type {kind} is there twice")
            if kind not in TYPES:
                raise FilterProblem(f"there is no entity type {kind!r}: {', '.join(TYPES)} are known", is_unknown_type=True)
            try:
                code = Match(match)
            except ValueError:
                raise FilterProblem(f"there is no match type {match}") from None
            if (code is Match.EXACT) != (name is not None):
                raise FilterProblem(f"match type {match} goes {'with' if code is Match.EXACT else 'without'} a name")
            found[kind] = Component(kind, code, name)
        if IP in found and len(found) > 1:
            raise FilterProblem("quotas of an ip have no other part")
        return cls(tuple(found.values()), is_strict)

    def fits(self, entity: QuotaEntity) -> bool:
        """Whether ``entity`` is asked for."""
        if self.is_strict and len(entity.parts) != len(self.components):
            return False
        if self.is_strict and not self.components:
            return False
        parts = dict(entity.parts)
        return all(
            component.kind in parts and (component.match is Match.ANY or parts[component.kind] == component.name)
            for component in self.components
        )
