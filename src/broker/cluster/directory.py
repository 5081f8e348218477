"""Every topic there is, in memory: the one place that requests look topics up in.

The catalog is the truth; whoever changes a topic there tells the directory right after. A look-up costs the same for ten
topics as for ten thousand, and a change touches nothing but the one topic it is about.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from broker.config.live import LiveSettings
from broker.config.topic_config import TopicConfig, effective
from broker.model import Topic

T = TypeVar("T")


class TopicState:
    """One topic as it is now, never changed: another topic or configuration is another object.

    So its identity says whether something derived from it is still good, and :meth:`derived` keeps such things with it.
    """

    __slots__ = ("_derived", "config", "name", "pids", "topic", "topic_id")

    def __init__(self, topic: Topic, config: TopicConfig) -> None:
        self.topic = topic
        self.config = config
        self.name = topic.name
        self.topic_id = topic.topic_id
        self.pids = topic.partitions
        self._derived: dict[object, object] | None = None

    def derived(self, key: object, build: Callable[["TopicState"], T]) -> T:
        """``build(self)``, made once for each ``key``. Callers share the result and must not change it."""
        derived = self._derived
        if derived is None:
            derived = self._derived = {}
        try:
            return derived[key]  # type: ignore[return-value]
        except KeyError:
            built = derived[key] = build(self)
            return built

    def derived_as_of(self, key: object, version: int, build: Callable[["TopicState"], T]) -> T:
        """The same for what is good for one ``version`` of something else only: another version's takes its place."""
        kept: list[Any] = self.derived(key, lambda _: [None, None])
        if kept[0] != version:
            kept[:] = version, build(self)
        built: T = kept[1]
        return built

    def __repr__(self) -> str:
        return f"TopicState({self.name!r}, {len(self.pids)} partitions)"


class TopicDirectory:
    """``settings`` give what is not set on a topic itself; when they change, every topic's configuration does."""

    def __init__(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._by_name: dict[str, TopicState] = {}
        self._by_id: dict[bytes, TopicState] = {}
        self._by_pid: dict[int, tuple[TopicState, int]] = {}
        self._names: list[str] = []
        self._look_alikes: dict[str, set[str]] = {}
        self._partition_count = 0
        self._removed_callbacks: list[Callable[[TopicState], None]] = []
        self.version = 0
        """Grows with each topic that is created, deleted or changed."""
        settings.subscribe(self._refresh)

    def by_name(self, name: str) -> TopicState | None:
        return self._by_name.get(name)

    def by_id(self, topic_id: bytes) -> TopicState | None:
        return self._by_id.get(topic_id)

    def by_pid(self, pid: int) -> tuple[TopicState, int] | None:
        """The topic that the partition ``pid`` belongs to, and its index there."""
        return self._by_pid.get(pid)

    def all(self) -> Iterator[TopicState]:
        """Every topic by name. Do not wait between two steps: a change in between would be missed or met twice."""
        return map(self._by_name.__getitem__, self._names)

    def names(self) -> Iterable[str]:
        """The names of all topics, in order; what was said of :meth:`all` holds."""
        return self._names

    def topic_ids(self) -> Iterable[bytes]:
        """The ids of all topics; what was said of :meth:`all` holds."""
        return self._by_id.keys()

    def starting_at(self, name: str) -> Iterator[TopicState]:
        """The topics whose names are ``name`` or sort after it, by name; the ones before cost nothing."""
        names = self._names
        return (self._by_name[names[position]] for position in range(bisect_left(names, name), len(names)))

    def look_alikes(self, name: str) -> set[str]:
        """The other topics whose names differ from ``name`` in nothing but dots and underscores."""
        return self._look_alikes.get(_unified(name), set()) - {name}

    def __len__(self) -> int:
        return len(self._names)

    @property
    def partition_count(self) -> int:
        """Partitions of all topics together."""
        return self._partition_count

    def load(self, topics: Iterable[Topic]) -> None:
        """Fill an empty directory with what the catalog holds."""
        assert not self._names, "a directory is loaded once"
        for topic in topics:
            self._enter(self._state(topic))
        self._names = sorted(self._by_name)

    def put(self, topic: Topic) -> TopicState:
        """Enter a new topic, or what an existing one has become (same id and name)."""
        state = self._state(topic)
        if topic.name not in self._by_name:
            insort(self._names, topic.name)
        else:
            assert self._by_name[topic.name].topic_id == topic.topic_id, "a name passes to another topic only through remove"
        self._enter(state)
        self.version += 1
        return state

    def remove(self, topic_id: bytes) -> None:
        """Forget the topic, then tell everyone who asked by :meth:`on_removed`. A topic that is not known is no error."""
        state = self._by_id.pop(topic_id, None)
        if state is None:
            return
        del self._by_name[state.name]
        del self._names[bisect_left(self._names, state.name)]
        for pid in state.pids:
            del self._by_pid[pid]
        self._partition_count -= len(state.pids)
        unified = _unified(state.name)
        alike = self._look_alikes[unified]
        alike.discard(state.name)
        if not alike:
            del self._look_alikes[unified]
        self.version += 1
        for callback in self._removed_callbacks:
            callback(state)

    def on_removed(self, callback: Callable[[TopicState], None]) -> None:
        """Call ``callback`` with each topic that is removed from now on, when look-ups no longer find it."""
        self._removed_callbacks.append(callback)

    def _refresh(self, *_: object) -> None:
        for state in list(self._by_name.values()):
            self._enter(self._state(state.topic))

    def _state(self, topic: Topic) -> TopicState:
        return TopicState(topic, effective(topic.config, self._settings.current))

    def _enter(self, state: TopicState) -> None:
        before = self._by_name.get(state.name)
        self._partition_count += len(state.pids) - (len(before.pids) if before is not None else 0)
        if before is None:
            self._look_alikes.setdefault(_unified(state.name), set()).add(state.name)
        self._by_name[state.name] = state
        self._by_id[state.topic_id] = state
        for index, pid in enumerate(state.pids):
            self._by_pid[pid] = (state, index)


def _unified(name: str) -> str:
    """What metric names make of ``name``: a dot becomes an underscore."""
    return name.replace(".", "_")
