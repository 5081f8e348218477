// Producing, reading, and streams that stay open over several commands.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { COMPRESSION } from "./codecs.mjs";
import { decoded, decodedHeaders, kafka, PATIENCE } from "./connection.mjs";
import { members } from "./members.mjs";

const ACKS = { all: -1, 1: 1, 0: 0 };
const CHUNK = 100;
const SEND_DEADLINE_MS = 90_000;
const RETRY_MS = 200;
const streams = new Map();

async function produce({ bootstrap, topic, records, compression, acks, idempotent }) {
  const producer = kafka(bootstrap).producer({ idempotent, allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const messages = records.map((record) => ({
      partition: record.partition,
      key: decoded(record.key),
      value: decoded(record.value),
      headers: decodedHeaders(record.headers),
      timestamp: record.timestamp === undefined ? undefined : String(record.timestamp),
    }));
    const answers = await producer.send({ topic, messages, acks: ACKS[acks], compression: COMPRESSION[compression] });
    const next = new Map((answers ?? []).map((answer) => [answer.partition, Number(answer.baseOffset)]));
    const placed = records.map(({ partition }) => {
      const offset = next.get(partition) ?? -1;
      next.set(partition, offset < 0 ? offset : offset + 1);
      return [partition, offset];
    });
    return { placed };
  } finally {
    await producer.disconnect();
  }
}

// kafkajs reads in groups only, so a group of its own is made for each reading.
async function read({ bootstrap, topic, count, deadline_ms, isolation, fetch_bytes }) {
  const member = randomUUID();
  await members.member_open({ member, bootstrap, group: `reader-${member}`, topic, isolation, fetch_bytes });
  try {
    return await members.member_take({ member, count, deadline_ms });
  } finally {
    await members.member_close({ member });
  }
}

async function stream_open({ stream, bootstrap, topic, partitions, idempotent }) {
  const producer = kafka(bootstrap).producer({ idempotent, allowAutoTopicCreation: false, retry: PATIENCE });
  await producer.connect();
  streams.set(stream, { producer, topic, partitions, acknowledged: 0, failed: [], tail: Promise.resolve() });
}

// While no broker answers, kafkajs gives up on a send at once, whatever its retry settings; its users send again.
// The sequence numbers of an idempotent producer move on only after an answer, so the second send carries the first's.
async function sendPatiently(producer, batch) {
  const end = Date.now() + SEND_DEADLINE_MS;
  for (;;) {
    try {
      return await producer.send(batch);
    } catch (error) {
      if (!/connect|closed|disconnect/i.test(error.message) || Date.now() > end) throw error;
      await delay(RETRY_MS);
    }
  }
}

// Chunks go out one after the other, so that the order within a partition is kept through retries.
function stream_send({ stream, first, count }) {
  const it = streams.get(stream);
  for (let start = first; start < first + count; start += CHUNK) {
    const size = Math.min(CHUNK, first + count - start);
    const messages = Array.from({ length: size }, (_, at) => ({
      partition: (start + at) % it.partitions,
      value: String(start + at),
    }));
    it.tail = it.tail
      .then(() => sendPatiently(it.producer, { topic: it.topic, messages, acks: -1 }))
      .then(
        () => (it.acknowledged += messages.length),
        (error) => it.failed.push(`${error.type ?? error.name}: ${error.message}`),
      );
  }
}

async function stream_flush({ stream }) {
  const it = streams.get(stream);
  await it.tail;
  return { acknowledged: it.acknowledged, failed: it.failed.slice(0, 5) };
}

async function stream_close({ stream }) {
  await streams.get(stream).producer.disconnect();
  streams.delete(stream);
}

export const records = { produce, read, stream_open, stream_send, stream_flush, stream_close };
