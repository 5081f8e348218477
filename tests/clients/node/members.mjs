// Members of consumer groups. A batch is handed to the test after its offsets were committed.

import { EventEmitter, once } from "node:events";
import { kafka, PATIENCE, recordOf } from "./connection.mjs";

const open = new Map();

async function member_open({ member, bootstrap, group, topic, isolation, fetch_bytes }) {
  const consumer = kafka(bootstrap).consumer({
    groupId: group,
    heartbeatInterval: 1000,
    sessionTimeout: 10_000,
    metadataMaxAge: 2000,
    maxWaitTimeInMs: 250,
    readUncommitted: isolation !== "read_committed",
    ...(fetch_bytes === undefined ? {} : { maxBytesPerPartition: fetch_bytes }),
    retry: PATIENCE,
  });
  const it = { consumer, taken: [], assigned: [], changes: new EventEmitter() };
  open.set(member, it);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    it.assigned = payload.memberAssignment[topic] ?? [];
    it.changes.emit("change");
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset }) => {
      const last = batch.messages[batch.messages.length - 1].offset;
      // Where this fails the batch stays unresolved, and the group hands its records out again.
      await consumer.commitOffsets([{ topic, partition: batch.partition, offset: String(BigInt(last) + 1n) }]);
      resolveOffset(last);
      it.taken.push(...batch.messages.map((message) => recordOf(batch.partition, message)));
      it.changes.emit("change");
    },
  });
}

async function changed(it, end, done) {
  while (!done() && Date.now() < end) {
    const signal = AbortSignal.timeout(Math.max(1, end - Date.now()));
    await once(it.changes, "change", { signal }).catch(() => {});
  }
}

async function member_assigned({ member, count, deadline_ms }) {
  const it = open.get(member);
  await changed(it, Date.now() + deadline_ms, () => it.assigned.length === count);
  if (it.taken.length > 0) throw new Error("a record came before the test sent any");
  return { partitions: [...it.assigned].sort((one, other) => one - other) };
}

async function member_take({ member, count, deadline_ms }) {
  const it = open.get(member);
  await changed(it, Date.now() + deadline_ms, () => it.taken.length >= count);
  return { records: it.taken.splice(0, count) };
}

async function member_close({ member }) {
  await open.get(member).consumer.disconnect();
  open.delete(member);
}

export const members = { member_open, member_assigned, member_take, member_close };
