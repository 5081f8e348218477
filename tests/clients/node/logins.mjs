// Rounds of requests by somebody who has logged in.

import { setTimeout as pause } from "node:timers/promises";
import kafkajs from "kafkajs";

// A client may log in again once a second.
const PAUSE_MS = 1100;

async function login({ bootstrap, mechanism, user, secret, seconds }) {
  const sasl =
    mechanism === "OAUTHBEARER"
      ? { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: secret }) }
      : { mechanism: mechanism.toLowerCase(), username: user, password: secret };
  const admin = new kafkajs.Kafka({
    brokers: bootstrap.split(","),
    logLevel: kafkajs.logLevel.NOTHING,
    sasl,
    retry: { retries: 0 },
  }).admin();
  await admin.connect();
  try {
    let rounds = 0;
    const end = Date.now() + seconds * 1000;
    do {
      if (rounds > 0) await pause(PAUSE_MS);
      await admin.listTopics();
      rounds += 1;
    } while (Date.now() + PAUSE_MS < end);
    return { rounds };
  } finally {
    await admin.disconnect();
  }
}

export const logins = { login };
