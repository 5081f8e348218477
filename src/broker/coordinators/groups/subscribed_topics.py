"""The topics that the members of a group subscribe to, by name or by pattern, and what is known of them.

Nobody tells a group that topics have changed. The directory of topics counts its changes; a group whose member is heard of compares
the count and looks at its own topics again when it differs. Patterns are resolved elsewhere (:meth:`unresolved`), as that takes
all topics there are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Protocol

from broker.errors import BrokerError
from broker.linear_pattern import LinearPattern, PatternInvalid
from broker.wire.error_codes import ErrorCode


class KnownTopic(Protocol):
    """What is to be known of a topic."""

    name: str
    topic_id: bytes

    @property
    def pids(self) -> tuple[int, ...]: ...


class Topics(Protocol):
    """The topics there are."""

    @property
    def version(self) -> int:
        """Grows with each topic that is created, deleted or gets more partitions."""
        ...

    def by_name(self, name: str) -> KnownTopic | None: ...

    def by_id(self, topic_id: bytes) -> KnownTopic | None: ...

    def names(self) -> Iterable[str]: ...


class Subscription(Protocol):
    """What a member subscribes to: names, and a pattern that may be empty."""

    @property
    def topic_names(self) -> frozenset[str]: ...

    @property
    def topic_regex(self) -> str: ...


class SubscribedTopics:
    """Owns the resolved patterns of one group. ``digest`` sums up names, ids and partition counts as they were last seen."""

    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        self.digest = ""
        self.patterns: dict[str, LinearPattern] = {}
        self._names: Counter[str] = Counter()
        self._pattern_users: Counter[str] = Counter()
        self._resolved: dict[str, frozenset[str]] = {}
        self._resolved_version = -1
        self._seen_version = -1
        self.resolved_at_ms: int | None = None
        """When patterns were resolved last; whoever resolves them keeps it."""

    def has(self, topic: str) -> bool:
        return topic in self._names or any(topic in names for names in self._resolved.values())

    def check_pattern(self, text: str) -> None:
        """Raises INVALID_REGULAR_EXPRESSION."""
        if not text or text in self.patterns:
            return
        try:
            LinearPattern(text)
        except PatternInvalid as error:
            raise BrokerError(
                ErrorCode.INVALID_REGULAR_EXPRESSION,
                f"SubscribedTopicRegex `{text[:200]}` is not a valid regular expression: {error}.",
            ) from error

    def change(self, before: Subscription, after: Subscription) -> bool:
        """A member's subscription is another now. Whether its pattern (if it has one) is resolved already."""
        self._count(before, -1)
        self._count(after, 1)
        return not after.topic_regex or after.topic_regex in self._resolved

    def add(self, member: Subscription) -> None:
        self._count(member, 1)

    def remove(self, member: Subscription) -> None:
        self._count(member, -1)

    def _count(self, member: Subscription, sign: int) -> None:
        for name in member.topic_names:
            self._names[name] += sign
            if not self._names[name]:
                del self._names[name]
        text = member.topic_regex
        if text:
            if sign > 0 and text not in self.patterns:
                self.patterns[text] = LinearPattern(text)
            self._pattern_users[text] += sign
            if not self._pattern_users[text]:
                del self._pattern_users[text], self.patterns[text]
                self._resolved.pop(text, None)

    # --- patterns -----------------------------------------------------------------------------------------------------

    @property
    def has_unresolved(self) -> bool:
        """Whether a pattern was never resolved."""
        return self.patterns.keys() != self._resolved.keys()

    @property
    def has_stale_patterns(self) -> bool:
        """Whether topics have changed since patterns were resolved."""
        return bool(self.patterns) and self._resolved_version != self.topics.version

    def take_resolved(self, resolved: Mapping[str, frozenset[str]], version: int) -> bool:
        """Enter what patterns match of the topics of ``version``; whether that is something else than before. Patterns that
        nobody has any more are left out."""
        self._resolved_version = version
        wanted = {text: names for text, names in resolved.items() if text in self.patterns}
        before = self._all_names()
        is_first = bool(wanted.keys() - self._resolved.keys())
        self._resolved.update(wanted)
        return is_first or self._all_names() != before

    def take_restored(self, resolved: Mapping[str, frozenset[str]], version: int, held: frozenset[str]) -> None:
        """The same after a restart, before anybody is heard of. Whoever had patterns resolved may not know of all topics: when all that match are not
        what the group has seen last, but those of them that its members have (``held``) are, then it is these, and to be looked at again."""
        self.take_resolved(resolved, version)
        if self._seen_now() == self.digest:
            return
        self.take_resolved({text: names & held for text, names in resolved.items()}, -1)
        if self._seen_now() != self.digest:
            self.take_resolved(resolved, version)

    def _all_names(self) -> set[str]:
        return set(self._names).union(*self._resolved.values())

    # --- topics -------------------------------------------------------------------------------------------------------

    @property
    def are_outdated(self) -> bool:
        """Whether topics, of this group or others, have changed since it looked last."""
        return self._seen_version != self.topics.version

    def refresh(self) -> bool:
        """Look at the topics; whether what concerns the group has changed."""
        self._seen_version = self.topics.version
        before, self.digest = self.digest, self._seen_now()
        return before != self.digest

    def _seen_now(self) -> str:
        digest = blake2b(digest_size=12)
        for name in sorted(self._all_names()):
            topic = self.topics.by_name(name)
            if topic is not None:
                digest.update(f"{name}:{len(topic.pids)}:".encode() + topic.topic_id)
        return digest.hexdigest()

    def ids_of(self, member: Subscription) -> frozenset[bytes]:
        """The topics a member subscribes to, as far as they exist."""
        names = member.topic_names
        if member.topic_regex:
            names = names | self._resolved.get(member.topic_regex, frozenset())
        found = (self.topics.by_name(name) for name in names)
        return frozenset(topic.topic_id for topic in found if topic is not None)

    def counts(self) -> dict[bytes, int]:
        """How many partitions each topic has that anybody subscribes to."""
        found = (self.topics.by_name(name) for name in self._all_names())
        return {topic.topic_id: len(topic.pids) for topic in found if topic is not None}
