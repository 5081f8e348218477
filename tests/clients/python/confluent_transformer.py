"""Consume, transform, produce with librdkafka, which assigns its input by itself and is no member of the group."""

from typing import NoReturn

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from tests.clients.python.transforming import Job, batch_of

_QUICK = {"log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 300}
_PATIENCE_S = 20.0


def transform(job: Job) -> NoReturn:
    """Until it is killed, or cannot go on: then it raises, and whoever started it starts another."""
    producer = Producer(
        {
            **_QUICK,
            "bootstrap.servers": job.bootstrap,
            "transactional.id": job.transactional_id,
            "transaction.timeout.ms": job.timeout_ms,
            "linger.ms": 1,
        }
    )
    producer.init_transactions(_PATIENCE_S)
    consumer = Consumer(
        {
            **_QUICK,
            "bootstrap.servers": job.bootstrap,
            "group.id": job.group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 100,
        }
    )
    consumer.assign([_position(job, consumer)])
    while True:
        taken = [_placed(message) for message in consumer.consume(job.batch(), 0.2) if message.error() is None]
        if not taken:
            continue
        batch = batch_of(job, taken)
        producer.begin_transaction()
        job.step()
        for result in batch.results:
            producer.produce(job.output, result, partition=job.partition)
        producer.produce(job.audit, batch.audit, partition=0)
        job.step()
        metadata = consumer.consumer_group_metadata()
        producer.send_offsets_to_transaction([TopicPartition(job.input, 0, batch.next_offset)], metadata, _PATIENCE_S)
        job.step()
        if batch.doomed:
            if producer.flush(_PATIENCE_S):
                raise RuntimeError("records undelivered")
            producer.abort_transaction(_PATIENCE_S)
            consumer.seek(_position(job, consumer))
        else:
            producer.commit_transaction(_PATIENCE_S)
        job.step()


def _position(job: Job, consumer: Consumer) -> TopicPartition:
    (found,) = consumer.committed([TopicPartition(job.input, 0)], _PATIENCE_S)
    if found.error is not None:
        raise KafkaException(found.error)
    return TopicPartition(job.input, 0, max(0, found.offset))


def _placed(message: Message) -> tuple[int, bytes]:
    return message.offset(), message.value()
