/** A cloud with notices for a bridge, and the real command line that fetches them. */
import type { TestContext } from "node:test";
import { type Serving, serve } from "../../src/http/serve.ts";
import type { Channel } from "../../src/ports.ts";
import { type MemoryApp, openMemoryApp } from "../http/memory-app.ts";
import { aNotice, aStart } from "../support/documents.ts";
import { cli, folder, start } from "./support/cli.ts";

const RUN = "2026-02-27_rnaseq_001";

export interface BridgeScene {
  readonly app: MemoryApp;
  readonly url: string;
  /** Moves the clock of the cloud. */
  pass(seconds: number): void;
  /** The API goes away, and comes back at the same address. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  statuses(): Promise<string[]>;
  /** The command line on the Mac: `bridge imessage` with these arguments. */
  run(args: readonly string[], env?: Record<string, string>): ReturnType<typeof cli>;
  begin(args: readonly string[], env?: Record<string, string>): ReturnType<typeof start>;
}

/** So many notices of a run's end wait for the bridge of channel `phone`. */
export async function openScene(
  t: TestContext,
  { notices, config }: { readonly notices: number; readonly config?: string },
): Promise<BridgeScene> {
  let offset = 0;
  const app = await openMemoryApp(t, { now: () => new Date(Date.now() + offset).toISOString() });
  const phone: Channel = {
    name: "phone",
    kind: "imessage",
    recipients: ["phone"],
    paceMilliseconds: 0,
    pulled: true,
    deliver: async () => ({ kind: "permanent", reason: "not from here", disable: false }),
  };
  (app.deps.channels as Map<string, Channel>).set("phone", phone);
  const made = Array.from({ length: notices }, (_, at) =>
    aNotice({
      id: `${RUN}~r1~run.completed~g${at}~phone~phone`,
      channel: "phone",
      recipient: "phone",
      created_at: app.deps.now(),
      next_at: app.deps.now(),
      facts: { ...aNotice().facts, details: [`message ${at}`] },
    }),
  );
  await app.deps.store.start(aStart({}, { next_poll_at: "2999-01-01T00:00:00Z" }, { notices: made }));
  let serving: Serving | null = await serve({ app, port: 0 });
  const { url, port } = serving;
  const goAway = async (): Promise<void> => {
    const before = serving;
    serving = null;
    await before?.stop();
  };
  t.after(goAway);
  const cwd = await folder(t, config === undefined ? {} : { "bioagent.yaml": config });
  const options = (env: Record<string, string> = {}) => ({ cwd, env: { BIOAGENT_URL: url, ...env } });
  return {
    app,
    url,
    pass: (seconds) => {
      offset += seconds * 1000;
    },
    goAway,
    comeBack: async () => {
      serving = await serve({ app, port });
    },
    statuses: async () => {
      const found = await app.deps.store.queryNotices({ channel: "phone", limit: 50 });
      return found.map(({ status }) => status);
    },
    run: (args, env) => cli(["bridge", "imessage", ...args], options(env)),
    begin: (args, env) => start(["bridge", "imessage", ...args], options(env)),
  };
}
