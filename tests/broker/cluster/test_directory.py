"""The topic directory: look-ups, changes, order, and that its work does not grow with the number of topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.cluster.directory import TopicDirectory, TopicState
from broker.config.live import LiveSettings
from broker.config.settings import Settings
from broker.model import Topic
from broker.storage.catalog.memory import MemoryCatalog
from tests.support.steps import steps_of


def topic(number: int, name: str | None = None, partitions: int = 2, **config: str) -> Topic:
    return Topic(
        topic_id=number.to_bytes(16, "big"),
        name=name or f"t{number:05}",
        partitions=tuple(range(number * 100, number * 100 + partitions)),
        config=config,
    )


def directory(*topics: Topic) -> TopicDirectory:
    made = TopicDirectory(LiveSettings(Settings(), MemoryCatalog()))
    made.load(topics)
    return made


def test_a_topic_is_found_by_name_id_and_partition() -> None:
    """All three look-ups lead to the same object."""
    found = directory(topic(1), topic(2, "orders", 3))

    state = found.by_name("orders")

    assert state is not None
    assert state.pids == (200, 201, 202)
    assert found.by_id(state.topic_id) is state
    assert found.by_pid(202) == (state, 2)


def test_what_is_not_there_is_none() -> None:
    """Unknown names, ids and partitions are no errors."""
    empty = directory()

    assert empty.by_name("x") is None
    assert empty.by_id(b"\1" * 16) is None
    assert empty.by_pid(5) is None
    assert list(empty.all()) == []


def test_a_changed_topic_is_another_object_everywhere() -> None:
    """Whoever keeps something for a TopicState sees by its identity that it is out of date."""
    found = directory(topic(1))
    before = found.by_name("t00001")

    after = found.put(topic(1, partitions=3, **{"retention.ms": "5"}))

    assert before is not after is found.by_name("t00001")
    assert found.by_pid(100) == (after, 0)
    assert found.by_pid(102) == (after, 2)
    assert found.partition_count == 3
    assert after.config.retention_ms == 5


def test_a_removed_topic_is_gone_and_told_about() -> None:
    """The callback runs when look-ups no longer find the topic; removing it again does nothing."""
    found = directory(topic(1), topic(2))
    seen: list[tuple[TopicState, bool]] = []
    found.on_removed(lambda state: seen.append((state, found.by_id(state.topic_id) is None)))
    state = found.by_name("t00001")

    found.remove(topic(1).topic_id)
    found.remove(topic(1).topic_id)

    assert seen == [(state, True)]
    assert [state.name for state in found.all()] == ["t00002"]
    assert found.by_pid(100) is None
    assert (len(found), found.partition_count) == (1, 2)


def test_a_name_can_be_taken_again() -> None:
    """A new topic of a deleted topic's name is another topic."""
    found = directory(topic(1, "orders"))
    found.remove(topic(1).topic_id)

    found.put(topic(2, "orders"))

    assert found.by_id(topic(1).topic_id) is None
    assert [state.topic_id for state in found.all()] == [topic(2).topic_id]


def test_a_name_does_not_pass_to_another_topic_unnoticed() -> None:
    """Without a removal in between that would be a defect of ours."""
    found = directory(topic(1, "orders"))

    with pytest.raises(AssertionError, match="only through remove"):
        found.put(topic(2, "orders"))


def test_topics_come_by_name_from_where_one_asks() -> None:
    """Paging starts at a name whether or not there is such a topic."""
    found = directory(*(topic(number, name) for number, name in enumerate("caebd")))

    assert [state.name for state in found.all()] == list("abcde")
    assert [state.name for state in found.starting_at("c")] == list("cde")
    assert [state.name for state in found.starting_at("bb")] == list("cde")
    assert [state.name for state in found.starting_at("f")] == []


def test_look_alikes_differ_only_in_dots_and_underscores() -> None:
    """Metric names would confuse exactly those."""
    found = directory(topic(1, "a.b"), topic(2, "a_b_c"), topic(3, "a-b"))

    assert found.look_alikes("a_b") == {"a.b"}
    assert found.look_alikes("a.b") == set()
    assert found.look_alikes("a-b") == set()

    found.remove(topic(1).topic_id)
    assert found.look_alikes("a_b") == set()


async def test_topics_follow_the_brokers_defaults() -> None:
    """A default that changes while the broker runs reaches every topic that does not set its own value."""
    live = LiveSettings(Settings(), MemoryCatalog())
    found = TopicDirectory(live)
    plain, own = found.put(topic(1)), found.put(topic(2, **{"retention.ms": "5"}))

    await live.replace("", {"log.retention.ms": "77"})

    assert found.by_name(plain.name).config.retention_ms == 77  # type: ignore[union-attr]
    assert found.by_name(own.name).config.retention_ms == 5  # type: ignore[union-attr]
    assert plain.config.retention_ms != 77


def test_derived_things_are_made_once_for_each_key() -> None:
    """What belongs to a TopicState is built on first use and shared from then on."""
    state = directory(topic(1)).by_name("t00001")
    assert state is not None
    built: list[str] = []

    def build(state: TopicState) -> str:
        built.append(state.name)
        return "made"

    assert state.derived("key", build) is state.derived("key", build) == "made"
    assert state.derived("other", build) == "made"
    assert built == ["t00001", "t00001"]


def test_work_does_not_grow_with_the_number_of_topics() -> None:
    """Look-ups and changes run the same steps among ten topics and among ten thousand."""

    def work(count: int) -> list[int]:
        found = directory(*(topic(number) for number in range(count)))
        middle, fresh = topic(count // 2), topic(count + 1, f"t{count // 3:05}x")
        return [
            steps_of(lambda: found.by_name(middle.name)),
            steps_of(lambda: found.by_id(middle.topic_id)),
            steps_of(lambda: found.by_pid(middle.partitions[0])),
            steps_of(lambda: next(found.starting_at(middle.name))),
            steps_of(lambda: found.look_alikes(middle.name)),
            steps_of(lambda: found.put(topic(count // 2, partitions=3))),
            steps_of(lambda: found.put(fresh)),
            steps_of(lambda: found.remove(fresh.topic_id)),
        ]

    work(10)
    assert work(10) == work(10_000)


@given(st.lists(st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 6), st.integers(1, 4)), max_size=40))
def test_any_course_of_changes_leaves_one_consistent_picture(changes: list[tuple[str, int, int]]) -> None:
    """All look-ups agree with a plain dictionary after any sequence of changes."""
    names = ["a.b", "a_b", "a", "b-c", "b.c", "z", "m"]
    found = directory()
    model: dict[str, Topic] = {}
    for what, number, partitions in changes:
        name = names[number]
        if what == "remove":
            model.pop(name, None)
            found.remove(topic(number).topic_id)
        else:
            model[name] = topic(number, name, max(partitions, len(model[name].partitions) if name in model else 0))
            found.put(model[name])

    assert [state.topic for state in found.all()] == [model[name] for name in sorted(model)]
    assert found.partition_count == sum(len(one.partitions) for one in model.values())
    for number, name in enumerate(names):
        state = found.by_id(topic(number).topic_id)
        assert state is found.by_name(name)
        assert (state.topic if state else None) == model.get(name)
        assert found.look_alikes(name) == {
            other for other in model if other != name and other.replace(".", "_") == name.replace(".", "_")
        }
        for index in range(4):
            entry = found.by_pid(number * 100 + index)
            assert (entry is not None) == (name in model and index < len(model[name].partitions))


def test_changes_are_counted() -> None:
    """So that whoever keeps something derived from many topics sees whether it is still good."""
    made = directory()
    versions = [made.version]
    made.put(topic(1))
    versions.append(made.version)
    made.put(topic(1, partitions=3))
    versions.append(made.version)
    made.remove(topic(1).topic_id)
    versions.append(made.version)
    made.remove(topic(1).topic_id)

    assert versions == sorted(set(versions))
    assert made.version == versions[-1]
    assert list(made.names()) == []


def test_what_is_derived_as_of_a_version_takes_the_place_of_the_last() -> None:
    """However many versions there are, one is kept for each key."""
    state = directory(topic(1)).by_name("t00001")
    assert state is not None
    built: list[int] = []

    def build(version: int) -> int:
        built.append(version)
        return version

    for version in (1, 1, 2, 2, 1):
        assert state.derived_as_of("key", version, lambda _, version=version: build(version)) == version  # type: ignore[misc]
    assert built == [1, 2, 1]
    assert state._derived is not None
    assert len(state._derived) == 1
