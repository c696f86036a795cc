import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough, Writable } from "node:stream";
import { test } from "node:test";
import { openConsole } from "../../../src/channels/console/channel.ts";
import { streamWriter } from "../../../src/channels/console/stream-writer.ts";
import { type ChannelRig, testChannel } from "../../contracts/channel.ts";
import { STORIES } from "../notice-stories.ts";

const TIMEOUT_MILLISECONDS = 100;

async function rig(write?: (text: string) => void | Promise<void>): Promise<ChannelRig> {
  const texts: string[] = [];
  const channel = openConsole({
    name: "screen",
    write: write ?? ((text) => void texts.push(text)),
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
  });
  return {
    channel,
    arrived: () => texts.join(""),
    shown: () => texts.map((text) => text.replace(/\n$/, "")),
    secrets: [],
    close: async () => {},
  };
}

const brokenPipe = () => Object.assign(new Error("write EPIPE"), { code: "EPIPE" });

testChannel({
  kind: "console",
  extension: "txt",
  open: () => rig(),
  maxShownChars: 40_000,
  maxMilliseconds: 2_000,
  faults: [
    {
      name: "a broken pipe, thrown",
      arrange: () =>
        rig(() => {
          throw brokenPipe();
        }),
      expected: { kind: "rejected", after_seconds: null },
      says: /screen.*EPIPE/,
    },
    {
      name: "a broken pipe, later",
      arrange: () => rig(() => Promise.reject(brokenPipe())),
      expected: { kind: "rejected", after_seconds: null },
      says: /EPIPE/,
    },
    {
      name: "a reader that stands still",
      arrange: () => rig(() => new Promise(() => {})),
      expected: { kind: "ambiguous" },
      says: /0\.1 s/,
    },
  ],
  sweeps: [],
});

test("a text ends with one line break", async () => {
  const { channel, arrived } = await rig();
  await channel.deliver(STORIES["all-succeeded"]!, "console");
  assert.match(arrived(), /[^\n]\n$/);
});

test("a stream writer passes the text on", async () => {
  const stream = new PassThrough();
  await streamWriter(stream)("hello\n");
  assert.equal(String(stream.read()), "hello\n");
});

test("a stream that fails while it writes rejects, and its error event ends nothing", async () => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(brokenPipe()) });
  await assert.rejects(streamWriter(stream)("hello\n"), { code: "EPIPE" });
  await assert.rejects(streamWriter(stream)("again\n"));
});

test("a real pipe whose reader is gone is a rejection, not the end of the process", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.destroy()"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const write = streamWriter(child.stdin);
  await once(child, "exit");
  const { channel } = await rig(write);
  const delivery = await channel.deliver(STORIES["all-succeeded"]!, "console");
  assert.equal(delivery.kind, "rejected");
});
