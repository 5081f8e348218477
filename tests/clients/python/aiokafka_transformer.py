"""Consume, transform, produce with aiokafka, which assigns its input by itself and is no member of the group."""

from typing import NoReturn

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.clients.python.transforming import Job, batch_of

_REQUEST_TIMEOUT_MS = 15_000


async def transform(job: Job) -> NoReturn:
    """Until it is killed, or cannot go on: then it raises, and whoever started it starts another."""
    producer = AIOKafkaProducer(
        bootstrap_servers=job.bootstrap,
        transactional_id=job.transactional_id,
        transaction_timeout_ms=job.timeout_ms,
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
    )
    await producer.start()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        enable_auto_commit=False,
        isolation_level="read_committed",
        request_timeout_ms=_REQUEST_TIMEOUT_MS,
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    source = TopicPartition(job.input, 0)
    consumer.assign([source])
    consumer.seek(source, await consumer.committed(source) or 0)
    while True:
        polled = await consumer.getmany(source, timeout_ms=200, max_records=job.batch())
        taken = [(message.offset, message.value) for message in polled.get(source, [])]
        if not taken:
            continue
        batch = batch_of(job, taken)
        await producer.begin_transaction()
        job.step()
        sent = [await producer.send(job.output, result, partition=job.partition) for result in batch.results]
        sent.append(await producer.send(job.audit, batch.audit, partition=0))
        job.step()
        for acknowledged in sent:
            await acknowledged
        await producer.send_offsets_to_transaction({source: batch.next_offset}, job.group)
        job.step()
        if batch.doomed:
            await producer.abort_transaction()
            consumer.seek(source, await consumer.committed(source) or 0)
        else:
            await producer.commit_transaction()
        job.step()
