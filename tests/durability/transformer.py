"""A process that reads numbers, writes them again, and commits how far it has read, all in one transaction; it dies at random.

``python -m tests.durability.transformer BOOTSTRAP PARTITION INPUTS SEED``: one line for each committed transaction, ``done`` at the end of
the input. Its transactional id is that of its partition: the next life takes over from this one.
"""

import os
import random
import sys
from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.durability.load import QUICK

GROUP: Final = "transform"
CRASH_CHANCE: Final = 0.01
PATIENCE_S: Final = 20.0


def main(bootstrap: str, partition: int, inputs: int, seed: int) -> None:
    """Go on where the group's offset is."""
    chance = random.Random(seed)

    def may_crash() -> None:
        if chance.random() < CRASH_CHANCE:
            os._exit(9)  # as a kill would: nothing is aborted, closed or flushed

    producer = Producer(
        {**QUICK, "bootstrap.servers": bootstrap, "transactional.id": f"transformer-{partition}", "linger.ms": 1}
    )
    producer.init_transactions(PATIENCE_S)
    consumer = Consumer(
        {
            **QUICK,
            "bootstrap.servers": bootstrap,
            "group.id": GROUP,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
        }
    )
    (position,) = consumer.committed([TopicPartition("input", partition)], timeout=PATIENCE_S)
    if position.error is not None:
        raise KafkaException(position.error)
    at = max(position.offset, 0)
    consumer.assign([TopicPartition("input", partition, at)])
    while at < inputs:
        messages = [message for message in consumer.consume(chance.randint(1, 60), 0.1) if message.error() is None]
        if not messages:
            continue
        producer.begin_transaction()
        may_crash()
        for message in messages:
            producer.produce("output", message.value(), partition=partition)
        may_crash()
        at = messages[-1].offset() + 1
        offsets = [TopicPartition("input", partition, at)]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), PATIENCE_S)
        may_crash()
        if chance.random() < CRASH_CHANCE:
            producer.abort_transaction(PATIENCE_S)
            os._exit(9)
        producer.commit_transaction(PATIENCE_S)
        os.write(1, b"committed\n")
        may_crash()
    os.write(1, b"done\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
