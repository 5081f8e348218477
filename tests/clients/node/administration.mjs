// What the admin client of kafkajs does for the tests; it has AlterConfigs, not the incremental kind.

import kafkajs from "kafkajs";
import { kafka } from "./connection.mjs";

const TOPIC = kafkajs.ConfigResourceTypes.TOPIC;
const admins = new Map();

function admin(bootstrap) {
  if (!admins.has(bootstrap)) {
    const made = kafka(bootstrap).admin();
    admins.set(bootstrap, made.connect().then(() => made));
  }
  return admins.get(bootstrap);
}

async function topic_create({ bootstrap, topic, partitions, configs }) {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  const created = await (await admin(bootstrap)).createTopics({
    topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
  });
  // kafkajs turns the broker's error into false.
  if (!created) throw Object.assign(new Error(topic), { type: "TOPIC_ALREADY_EXISTS" });
}

async function topic_delete({ bootstrap, topic }) {
  await (await admin(bootstrap)).deleteTopics({ topics: [topic] });
}

async function topics({ bootstrap }) {
  return { topics: (await (await admin(bootstrap)).listTopics()).sort() };
}

async function topic_describe({ bootstrap, topic }) {
  const found = await (await admin(bootstrap)).fetchTopicMetadata({ topics: [topic] });
  return { partitions: found.topics[0].partitions.length };
}

async function partitions_grow({ bootstrap, topic, partitions }) {
  await (await admin(bootstrap)).createPartitions({ topicPartitions: [{ topic, count: partitions }] });
}

async function config_get({ bootstrap, topic, name }) {
  const resources = [{ type: TOPIC, name: topic, configNames: [name] }];
  const answer = await (await admin(bootstrap)).describeConfigs({ resources, includeSynonyms: false });
  return { value: answer.resources[0].configEntries.find((entry) => entry.configName === name).configValue };
}

async function alter(bootstrap, topic, configEntries) {
  await (await admin(bootstrap)).alterConfigs({
    validateOnly: false,
    resources: [{ type: TOPIC, name: topic, configEntries }],
  });
}

const config_set = ({ bootstrap, topic, name, value }) => alter(bootstrap, topic, [{ name, value }]);
const config_unset = ({ bootstrap, topic }) => alter(bootstrap, topic, []);

async function records_delete({ bootstrap, topic, partition, before }) {
  const partitions = [{ partition, offset: String(before) }];
  await (await admin(bootstrap)).deleteTopicRecords({ topic, partitions });
}

async function offset({ bootstrap, topic, partition, at }) {
  const client = await admin(bootstrap);
  const found =
    typeof at === "number"
      ? await client.fetchTopicOffsetsByTimestamp(topic, at)
      : await client.fetchTopicOffsets(topic);
  const mine = found.find((entry) => entry.partition === partition);
  return { offset: Number(at === "earliest" ? mine.low : mine.offset) };
}

async function groups({ bootstrap }) {
  return { groups: (await (await admin(bootstrap)).listGroups()).groups.map((group) => group.groupId).sort() };
}

async function group_describe({ bootstrap, group }) {
  const [found] = (await (await admin(bootstrap)).describeGroups([group])).groups;
  return { state: found.state, members: found.members.length };
}

async function group_offsets({ bootstrap, group, topic }) {
  const [found] = await (await admin(bootstrap)).fetchOffsets({ groupId: group, topics: [topic] });
  const committed = found.partitions.filter((entry) => Number(entry.offset) >= 0);
  return { offsets: Object.fromEntries(committed.map((entry) => [entry.partition, Number(entry.offset)])) };
}

async function group_delete({ bootstrap, group }) {
  await (await admin(bootstrap)).deleteGroups([group]);
}

export const administration = {
  topic_create,
  topic_delete,
  topics,
  topic_describe,
  partitions_grow,
  config_get,
  config_set,
  config_unset,
  records_delete,
  offset,
  groups,
  group_describe,
  group_offsets,
  group_delete,
};
