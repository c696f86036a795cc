import assert from "node:assert/strict";
import { test } from "node:test";
import { RunsCache } from "../../src/app/runs-cache.ts";
import type { Config } from "../../src/config.ts";
import { openWarm } from "../../src/http/warm-app.ts";
import type { App } from "../../src/wire.ts";

const configOf = (ledger: string, store = "a") =>
  ({ ledger, store: { kind: "sqlite", path: store }, gcp: {} }) as unknown as Config;

function warmOf(first: Config) {
  const closed: string[] = [];
  const warnings: string[] = [];
  const state = { now: 1_000_000, config: first, problem: null as string | null, fails: false };
  const warm = openWarm<App>({
    read: async () => {
      if (state.fails) throw new Error("no configuration");
      return state.config;
    },
    reread: async (before) =>
      state.problem === null
        ? { config: state.config, changed: state.config !== before, problem: null }
        : { config: before, changed: false, problem: state.problem },
    open: async (config) =>
      ({
        config,
        cache: new RunsCache(),
        deps: {},
        close: async () => void closed.push(config.ledger),
      }) as unknown as App,
    make: (app) => app,
    warn: (text) => void warnings.push(text),
    now: () => state.now,
  });
  const ledger = () => warm.use(async (app) => app.config.ledger);
  return { warm, state, closed, warnings, ledger };
}

test("an app is opened once; a changed configuration is taken over within a minute, with what is known of runs", async () => {
  const { warm, state, closed, ledger } = warmOf(configOf("one"));
  const caches = new Set<RunsCache>();
  const look = () => warm.use(async (app) => void caches.add(app.cache));
  await Promise.all([look(), look(), look()]);
  assert.equal(caches.size, 1);
  state.config = configOf("two");
  assert.equal(await ledger(), "one", "not read again yet");
  state.now += 50_000;
  assert.equal(await ledger(), "two");
  await look();
  assert.equal(caches.size, 1, "the cache goes over");
  assert.deepEqual(closed, ["one"]);
  state.config = configOf("three", "another store");
  state.now += 50_000;
  await look();
  assert.equal(caches.size, 2, "of another store nothing is known");
});

test("an app that is replaced is closed when its last user is done", async () => {
  const { warm, state, closed, ledger } = warmOf(configOf("one"));
  let release = () => {};
  const slow = warm.use(() => new Promise<void>((done) => (release = done)));
  await new Promise((done) => setImmediate(done));
  state.config = configOf("two");
  state.now += 50_000;
  assert.equal(await ledger(), "two");
  assert.deepEqual(closed, []);
  release();
  await slow;
  assert.deepEqual(closed, ["one"]);
});

test("a bad edit keeps the last good configuration and is told once; what could not be opened is tried again", async () => {
  const { state, warnings, ledger } = warmOf(configOf("one"));
  state.fails = true;
  await assert.rejects(ledger(), /no configuration/);
  state.fails = false;
  assert.equal(await ledger(), "one");
  state.problem = "the configuration is not valid";
  for (let minute = 0; minute < 3; minute++) {
    state.now += 50_000;
    assert.equal(await ledger(), "one");
  }
  assert.deepEqual(warnings, ["the configuration is not valid"]);
});
