// Driver of kafkajs: JSON lines in, JSON lines out, any number of commands at once.
// The protocol is described in tests/clients/python/protocol.py.

import { createRequire } from "node:module";
import readline from "node:readline";
import { administration } from "./administration.mjs";
import { installCodecs } from "./codecs.mjs";
import { logins } from "./logins.mjs";
import { members } from "./members.mjs";
import { records } from "./records.mjs";

installCodecs();
const operations = { ...records, ...members, ...administration, ...logins };
const version = createRequire(import.meta.url)("kafkajs/package.json").version;

function write(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function answer({ id, op, args }) {
  try {
    write({ id, result: (await operations[op](args)) ?? {} });
  } catch (error) {
    // Some failures carry what the broker said about each part of a request.
    const parts = (error.errors ?? error.groups ?? []).map((part) => part.type ?? part.error?.type ?? part.message);
    const kind = error.type ?? error.name;
    write({ id, error: { type: kind, message: [error.message, ...parts].join(" ") } });
  }
}

write({ ready: { client: "kafkajs", version: `${version} node ${process.versions.node}` } });
const input = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
input.on("line", (line) => answer(JSON.parse(line)));
input.on("close", () => process.exit(0));
