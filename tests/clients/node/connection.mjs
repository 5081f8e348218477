// One kafkajs instance a broker, and the protocol's form of bytes.

import kafkajs from "kafkajs";

const instances = new Map();

// Patient enough to outlast the restart of a broker.
export const PATIENCE = { initialRetryTime: 100, maxRetryTime: 1000, retries: 100, restartOnFailure: async () => true };

export function kafka(bootstrap) {
  if (!instances.has(bootstrap)) {
    instances.set(
      bootstrap,
      new kafkajs.Kafka({
        clientId: "matrix",
        brokers: bootstrap.split(","),
        logLevel: kafkajs.logLevel.NOTHING,
        retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 10 },
      }),
    );
  }
  return instances.get(bootstrap);
}

export const decoded = (text) => (text === null || text === undefined ? null : Buffer.from(text, "base64"));
export const encoded = (bytes) => (bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString("base64"));

// kafkajs keeps headers as an object: values of one name become an array.
export function decodedHeaders(pairs = []) {
  const headers = {};
  for (const [name, value] of pairs) {
    headers[name] = name in headers ? [headers[name], decoded(value)].flat() : decoded(value);
  }
  return headers;
}

export function recordOf(partition, message) {
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: encoded(message.key),
    value: encoded(message.value),
    headers: Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, encoded(value)]),
    ),
  };
}
