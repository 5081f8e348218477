"""``penstock transactions``."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import KafkaException, Producer

from tests.broker.cli.conftest import Run
from tests.support.penstock import Penstock


@contextmanager
def open_transaction(bootstrap: str, name: str, topic: str) -> Iterator[Producer]:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, "log_level": 0})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"v", partition=0)
    producer.flush(30)
    yield producer


def test_a_transaction_is_seen_and_aborted(penstock: Run, command_broker: Penstock) -> None:
    """Listed, described, aborted; its producer learns that it was fenced."""
    penstock("topics", "create", "transacted")
    with open_transaction(command_broker.bootstrap, "stuck", "transacted") as producer:
        (row,) = penstock("transactions", "list", "--state", "Ongoing", "--json").json
        assert (row["transactional_id"], row["state"]) == ("stuck", "Ongoing")
        assert penstock("transactions", "list", "--longer-than-ms", "3600000", "--json").json == []
        assert "stuck" in penstock("transactions", "list").out
        assert [row["transactional_id"] for row in penstock("transactions", "list", "--pattern", "st.*", "--json").json] == ["stuck"]
        assert penstock("transactions", "list", "--pattern", "st", "--json").json == []
        info = penstock("transactions", "describe", "stuck", "--json").json
        assert info["partitions"] == [{"topic": "transacted", "partitions": [0]}]
        assert info["open_ms"] >= 0
        assert "transacted" in penstock("transactions", "describe", "stuck").out
        aborted = penstock("transactions", "abort", "stuck", "--yes")
        assert aborted.code == 0, aborted.err
        with pytest.raises(KafkaException):
            producer.commit_transaction(30)

    assert penstock("transactions", "list", "--state", "Ongoing", "--json").json == []
    again = penstock("transactions", "abort", "stuck", "--yes")
    assert again.code == 1
    assert "no transaction open" in again.err


def test_what_is_not_there_is_said(penstock: Run) -> None:
    """Ids, states; and deleting without a terminal names the option."""
    unknown = penstock("transactions", "describe", "never-was")
    assert unknown.code == 1
    assert "not known" in unknown.err
    assert "not a regular expression" in penstock("transactions", "list", "--pattern", "(").err
    assert "Odd" in penstock("transactions", "list", "--state", "Odd").err
