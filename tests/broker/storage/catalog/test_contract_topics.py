"""What every catalog does with topics, configs and small named values."""

import pytest

from broker.errors import BrokerError
from broker.model import LogBounds
from broker.storage.catalog.base import Catalog
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, bounds_of, topic

ID = b"0123456789abcdef"
OTHER_ID = b"fedcba9876543210"


async def test_a_topic_is_loaded_as_it_was_created(catalog: Catalog) -> None:
    """Name, id, partitions, factor, config and time come back."""
    created = await catalog.create_topic("orders", ID, 3, 2, {"retention.ms": "5"}, NOW)

    assert await catalog.load_topics() == [created]
    assert (created.name, created.topic_id, created.replication_factor) == ("orders", ID, 2)
    assert (created.config, created.created_ms, len(set(created.partitions))) == ({"retention.ms": "5"}, NOW, 3)


async def test_topics_are_loaded_by_name(catalog: Catalog) -> None:
    """The order is the same everywhere."""
    await catalog.create_topic("b", ID, 1, 1, {}, NOW)
    await catalog.create_topic("a", OTHER_ID, 1, 1, {}, NOW)

    assert [topic.name for topic in await catalog.load_topics()] == ["a", "b"]


async def test_new_partitions_are_empty_logs(catalog: Catalog) -> None:
    """A reader finds bounds at once."""
    (pid,) = await topic(catalog)

    assert await bounds_of(catalog, pid) == LogBounds(0, 0, 0, 0, 0)


async def test_a_name_is_given_once(catalog: Catalog) -> None:
    """The second topic of a name is TOPIC_ALREADY_EXISTS and changes nothing."""
    created = await catalog.create_topic("orders", ID, 1, 1, {}, NOW)

    with pytest.raises(BrokerError) as refused:
        await catalog.create_topic("orders", OTHER_ID, 5, 1, {}, NOW)

    assert refused.value.code == ErrorCode.TOPIC_ALREADY_EXISTS
    assert await catalog.load_topics() == [created]


async def test_partitions_are_added_behind_those_there_are(catalog: Catalog) -> None:
    """The first ones keep their ids."""
    created = await catalog.create_topic("orders", ID, 2, 1, {}, NOW)
    grown = await catalog.add_partitions(ID, 4)

    assert grown.partitions[:2] == created.partitions
    assert len(set(grown.partitions)) == 4
    assert await catalog.load_topics() == [grown]
    assert set(await catalog.bounds(grown.partitions)) == set(grown.partitions)


@pytest.mark.parametrize("total", [0, 1, 2])
async def test_partitions_never_get_fewer(catalog: Catalog, total: int) -> None:
    """A total that is no increase is INVALID_PARTITIONS."""
    await catalog.create_topic("orders", ID, 2, 1, {}, NOW)

    with pytest.raises(BrokerError) as refused:
        await catalog.add_partitions(ID, total)

    assert refused.value.code == ErrorCode.INVALID_PARTITIONS


async def test_config_is_replaced_as_a_whole(catalog: Catalog) -> None:
    """What is not named again is gone."""
    await catalog.create_topic("orders", ID, 1, 1, {"a": "1", "b": "2"}, NOW)
    changed = await catalog.set_topic_config(ID, {"b": "3"})

    assert changed.config == {"b": "3"}
    assert await catalog.load_topics() == [changed]


async def test_an_unknown_topic_id_is_refused(catalog: Catalog) -> None:
    """Every change to a topic nobody has is UNKNOWN_TOPIC_ID."""
    for change in (catalog.delete_topic(ID), catalog.add_partitions(ID, 2), catalog.set_topic_config(ID, {})):
        with pytest.raises(BrokerError) as refused:
            await change
        assert refused.value.code == ErrorCode.UNKNOWN_TOPIC_ID


async def test_a_deleted_topic_leaves_its_name_and_nothing_else(catalog: Catalog) -> None:
    """Its partitions are unknown at once, and a new topic of the name has others."""
    old = await catalog.create_topic("orders", ID, 2, 1, {}, NOW)
    await catalog.delete_topic(ID)

    assert await catalog.load_topics() == []
    assert await catalog.bounds(old.partitions) == {}
    assert await bounds_of(catalog, old.partitions[0]) is None
    answers = await Appender(catalog).append(old.partitions[0], batch())
    assert [answer.error_code for answer in answers] == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]

    new = await catalog.create_topic("orders", OTHER_ID, 2, 1, {}, NOW)
    assert not set(new.partitions) & set(old.partitions)


async def test_configs_are_kept_by_kind_and_name(catalog: Catalog) -> None:
    """An empty set of values removes the resource."""
    await catalog.set_config(4, "", {"a": "1"})
    await catalog.set_config(4, "1", {"a": "2", "é": "\0"})
    await catalog.set_config(32, "", {"b": "3"})
    await catalog.set_config(4, "", {"c": "4"})
    await catalog.set_config(32, "", {})

    assert await catalog.load_configs() == {(4, ""): {"c": "4"}, (4, "1"): {"a": "2", "é": "\0"}}


async def test_a_named_value_keeps_its_first_default(catalog: Catalog) -> None:
    """Whoever asks first decides."""
    assert await catalog.meta("cluster_id", "first") == "first"
    assert await catalog.meta("cluster_id", "second") == "first"
