"""The rules of one resource type, found by the names, principals and hosts they speak of.

Whatever is asked, only rules are looked at that name the resource, the client's principal (or one of its groups, or everybody) and its host; how many others
there are makes no difference. Prefixes are looked up by each length that one of them has.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from security.acls.acl import Acl
from security.acls.hosts import Host, Network, parse_pattern, within
from security.acls.implied import operations_of
from security.acls.kinds import WILDCARD, PatternType, Permission

_NAMES_KEPT: Final = 4096
_NAME_LENGTH_KEPT: Final = 256
"""For so many names, none longer than this, the patterns that match are kept. Clients choose names: memory must not follow them."""


class _Rules:
    """The rules of one pattern for one principal and one host (or network): at most two for each operation there is."""

    __slots__ = ("allowed", "denied", "rules")

    def __init__(self) -> None:
        self.rules: set[Acl] = set()
        self.denied = 0
        self.allowed = 0

    def changed(self) -> None:
        self.denied = self.allowed = 0
        for acl in self.rules:
            if acl.permission is Permission.DENY:
                self.denied |= operations_of(acl)
            else:
                self.allowed |= operations_of(acl)


class _Hosts:
    """The rules of one pattern for one principal, by host."""

    __slots__ = ("anywhere", "hosts", "networks")

    def __init__(self) -> None:
        self.anywhere: _Rules | None = None
        self.hosts: dict[str, _Rules] = {}
        self.networks: dict[tuple[int, int], dict[int, _Rules]] = {}

    @property
    def is_empty(self) -> bool:
        return self.anywhere is None and not self.hosts and not self.networks

    def matching(self, host: Host) -> Iterator[_Rules]:
        """For this client, those for everywhere first."""
        if self.anywhere is not None:
            yield self.anywhere
        if self.hosts and (found := self.hosts.get(host.text)) is not None:
            yield found
        for (version, length), of_length in self.networks.items():
            number = within(host, version, length)
            if number is not None and (found := of_length.get(number)) is not None:
                yield found

    def at(self, pattern: str | Network) -> _Rules:
        """What there is for exactly this, made when there is nothing yet."""
        if isinstance(pattern, Network):
            return self.networks.setdefault((pattern.version, pattern.length), {}).setdefault(pattern.number, _Rules())
        if pattern != WILDCARD:
            return self.hosts.setdefault(pattern, _Rules())
        if self.anywhere is None:
            self.anywhere = _Rules()
        return self.anywhere

    def drop(self, pattern: str | Network) -> None:
        """Forget what there is for exactly this."""
        if isinstance(pattern, Network):
            of_length = self.networks[pattern.version, pattern.length]
            del of_length[pattern.number]
            if not of_length:
                del self.networks[pattern.version, pattern.length]
        elif pattern == WILDCARD:
            self.anywhere = None
        else:
            del self.hosts[pattern]


Pattern = tuple[PatternType, str]


class RuleIndex:
    """Owns the rules. Adding one and removing it leaves no trace."""

    def __init__(self) -> None:
        self._patterns: dict[PatternType, dict[str, dict[str, _Hosts]]] = {PatternType.LITERAL: {}, PatternType.PREFIXED: {}}
        self._lengths: Counter[int] = Counter()
        """How many prefixes have so many characters, the longest first."""
        self._of_principal: dict[str, dict[Pattern, _Hosts]] = {}
        self._by_name: dict[str, tuple[dict[str, _Hosts], ...]] = {}

    def add(self, acl: Acl) -> None:
        """Raises HostProblem."""
        host = parse_pattern(acl.host)
        of_kind = self._patterns[acl.pattern_type]
        by_principal = of_kind.get(acl.name)
        if by_principal is None:
            by_principal = of_kind[acl.name] = {}
            if acl.pattern_type is PatternType.PREFIXED:
                self._count_length(len(acl.name), 1)
            self._by_name.clear()
        hosts = by_principal.get(acl.principal)
        if hosts is None:
            hosts = by_principal[acl.principal] = _Hosts()
            self._of_principal.setdefault(acl.principal, {})[acl.pattern_type, acl.name] = hosts
        rules = hosts.at(host)
        rules.rules.add(acl)
        rules.changed()

    def remove(self, acl: Acl) -> None:
        """It must be there."""
        host = parse_pattern(acl.host)
        by_principal = self._patterns[acl.pattern_type][acl.name]
        hosts = by_principal[acl.principal]
        rules = hosts.at(host)
        rules.rules.remove(acl)
        rules.changed()
        if rules.rules:
            return
        hosts.drop(host)
        if not hosts.is_empty:
            return
        del by_principal[acl.principal]
        of_principal = self._of_principal[acl.principal]
        del of_principal[acl.pattern_type, acl.name]
        if not of_principal:
            del self._of_principal[acl.principal]
        if by_principal:
            return
        del self._patterns[acl.pattern_type][acl.name]
        if acl.pattern_type is PatternType.PREFIXED:
            self._count_length(len(acl.name), -1)
        self._by_name.clear()

    def concerns(self, name: str) -> bool:
        """Whether any rule speaks of the resource, whoever it is for."""
        return bool(self._matching(name))

    def bits(self, name: str, principals: Sequence[str], host: Host) -> tuple[int, int]:
        """The operations denied and allowed on a resource to whoever is all of ``principals``."""
        denied = allowed = 0
        for by_principal in self._matching(name):
            for principal in principals:
                hosts = by_principal.get(principal)
                if hosts is None:
                    continue
                anywhere = hosts.anywhere
                if anywhere is not None:
                    denied |= anywhere.denied
                    allowed |= anywhere.allowed
                if hosts.hosts or hosts.networks:
                    for rules in hosts.matching(host):
                        denied |= rules.denied
                        allowed |= rules.allowed
        return denied, allowed

    def rules(self, name: str, principals: Sequence[str], host: Host) -> Iterator[Acl]:
        """Those that :meth:`bits` comes from: the resource's own before prefixes, long ones before short ones, and ``*`` last."""
        for by_principal in self._matching(name):
            for principal in principals:
                if (hosts := by_principal.get(principal)) is not None:
                    for rules in hosts.matching(host):
                        yield from sorted(rules.rules)

    def allows_any(self, bit: int, principals: Sequence[str], host: Host) -> bool:
        """Whether some rule allows an operation on a resource, or on some, that no rule denies it for. Looks at the principals' rules alone."""
        denied: set[Pattern] = set()
        allowed: list[Pattern] = []
        for principal in principals:
            for pattern, hosts in self._of_principal.get(principal, {}).items():
                for rules in hosts.matching(host):
                    if rules.denied & bit:
                        denied.add(pattern)
                    if rules.allowed & bit:
                        allowed.append(pattern)
        everything = (PatternType.LITERAL, WILDCARD)
        if everything in denied:
            return False
        if everything in allowed:
            return True
        return any(not _is_within(pattern, denied) for pattern in allowed)

    def contents(self) -> object:
        """Everything it is made of, for tests to compare: what is kept to be quick left out."""
        return {
            (kind, name, principal): set(_all(hosts))
            for kind, of_kind in self._patterns.items()
            for name, by_principal in of_kind.items()
            for principal, hosts in by_principal.items()
        }, list(self._lengths.items()), {principal: set(patterns) for principal, patterns in self._of_principal.items()}

    def _matching(self, name: str) -> tuple[dict[str, _Hosts], ...]:
        found = self._by_name.get(name)
        if found is None:
            found = tuple(self._match(name))
            if len(name) <= _NAME_LENGTH_KEPT:
                if len(self._by_name) >= _NAMES_KEPT:
                    self._by_name.clear()
                self._by_name[name] = found
        return found

    def _match(self, name: str) -> Iterator[dict[str, _Hosts]]:
        literal, prefixed = self._patterns[PatternType.LITERAL], self._patterns[PatternType.PREFIXED]
        if name != WILDCARD and (found := literal.get(name)) is not None:
            yield found
        for length in self._lengths:
            if length <= len(name) and (found := prefixed.get(name[:length])) is not None:
                yield found
        if (found := literal.get(WILDCARD)) is not None:
            yield found

    def _count_length(self, length: int, change: int) -> None:
        counts = self._lengths
        counts[length] += change
        if counts[length] == max(change, 0):  # the first of its length, or the last
            self._lengths = Counter({each: counts[each] for each in sorted(counts, reverse=True) if counts[each]})


def _is_within(pattern: Pattern, denied: set[Pattern]) -> bool:
    """Whether a pattern lies within one of others altogether."""
    if not denied:
        return False
    _, name = pattern
    if pattern in denied:
        return True
    return any((PatternType.PREFIXED, name[:length]) in denied for length in range(1, len(name) + 1))


def _all(hosts: _Hosts) -> Iterable[Acl]:
    parts = [hosts.anywhere, *hosts.hosts.values(), *(rules for each in hosts.networks.values() for rules in each.values())]
    return (acl for rules in parts if rules is not None for acl in rules.rules)
