import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../../config.ts";
import { sayBytes } from "../../core/quantity.ts";
import type { App } from "../../wire.ts";
import type { Context } from "../context.ts";
import { openScratch } from "../scratch.ts";
import { openSession, readSettings } from "../session.ts";
import { tellingChecks, tellingThere, withoutStore } from "./channel-checks.ts";
import { bad, type Check, good } from "./check.ts";

export type { Check } from "./check.ts";

/** Every check, in the order in which one needs the other. Changes nothing: a store that is not there is not made. */
export async function checkEverything(context: Context): Promise<Check[]> {
  const config = await attempt("config", () => readSettings(context));
  const node = good("node", `${process.version} at ${process.execPath}`);
  if (!("value" in config)) return [node, config.check];
  const settings = config.value;
  const found = good("config", settings.file ?? "no file; defaults and environment");
  if (settings.url !== null) return [node, found, ...(await apiChecks(context, settings)), clockCheck()];
  const warnings: string[] = [];
  const opened = await attempt("store", () => open(context, settings, warnings));
  if (!("value" in opened)) {
    const channels = await channelsAlone(context, settings);
    return [node, found, opened.check, ledgerCheck(settings), ...channels, clockCheck()];
  }
  const app = opened.value;
  try {
    return [
      node,
      found,
      storeCheck(settings, warnings),
      ...(await executorChecks(app)),
      ledgerCheck(settings),
      ...(await tellingChecks(app, settings)),
      clockCheck(),
    ];
  } finally {
    await app.close();
  }
}

/** Of a deployed API only that it answers, and whether people are told there: what it stands on is checked where it runs. */
async function apiChecks(context: Context, config: Config): Promise<Check[]> {
  const { remote } = await openSession(context, { config });
  const answer = await attempt("api", () => remote!.health());
  if (!("value" in answer)) return [answer.check];
  const { status, store, version } = answer.value;
  const text = `${config.url}: version ${version}, store ${store}; what it stands on is checked where it runs`;
  if (status !== "ok") return [bad("api", `${text}; it says: ${status}`)];
  const told = await attempt("notices", () => tellingThere(remote!));
  return [good("api", text), ...("value" in told ? told.value : [told.check])];
}

async function attempt<T>(name: string, work: () => Promise<T>): Promise<{ value: T } | { check: Check }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { check: bad(name, error instanceof Error ? error.message : String(error)) };
  }
}

const storeExists = ({ store }: Config): boolean => store.kind !== "sqlite" || existsSync(store.path);

function open(context: Context, config: Config, warnings: string[]): Promise<App> {
  const options = { warn: (text: string) => void warnings.push(text) };
  return storeExists(config)
    ? openSession(context, { ...options, config })
    : openScratch(context, config, options);
}

function storeCheck(config: Config, warnings: readonly string[]): Check {
  if (config.store.kind !== "sqlite") return good("store", config.store.kind);
  const { path } = config.store;
  if (!existsSync(path)) {
    const folder = nearestFolder(dirname(path));
    return canWrite(folder)
      ? good("store", `no store at ${path} yet; bioagent run makes one`)
      : bad("store", `no store at ${path} yet, and ${folder} cannot be written`);
  }
  const { version, wal } = sqliteHeader(path);
  const facts = `${path}, ${wal ? "write-ahead log" : "rollback journal"}, SQLite ${version}, ${sayBytes(statSync(path).size)}`;
  if (!canWrite(path)) return bad("store", `${facts}; it can be read, but not written`);
  return good("store", [facts, ...warnings].join("; "));
}

/** What the file says of itself: bytes 18 and 19 are 2 in WAL mode, bytes 60 to 63 are the user's version. https://sqlite.org/fileformat.html */
function sqliteHeader(path: string): { wal: boolean; version: string } {
  const header = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, 100, 0);
  } finally {
    closeSync(file);
  }
  return { wal: header[18] === 2, version: `schema ${header.readUInt32BE(60)}` };
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

async function executorChecks({ deps }: App): Promise<Check[]> {
  const checks: Check[] = [];
  for (const [kind, executor] of deps.executors) {
    const capacity = await attempt("executor", () => executor.capacity());
    if (!("value" in capacity)) {
      checks.push(bad("executor", `${kind}: ${capacity.check.text}`));
      continue;
    }
    const { largest, notes } = capacity.value;
    const facts = [
      ...(largest.cpu === undefined ? [] : [`${largest.cpu} CPUs`]),
      ...(largest.memory === undefined ? [] : [sayBytes(largest.memory)]),
      ...notes,
    ];
    checks.push(good("executor", `${kind}: ${facts.join(", ")}`));
  }
  if (!deps.executors.has(deps.defaultExecutor))
    checks.push(bad("executor", `${deps.defaultExecutor} is configured and not available here`));
  return checks;
}

function ledgerCheck({ ledger }: Config): Check {
  if (ledger.startsWith("gs://")) return good("ledger", ledger);
  const folder = nearestFolder(ledger);
  return canWrite(folder)
    ? good("ledger", folder === ledger ? ledger : `${ledger} (not there yet)`)
    : bad("ledger", `${ledger} cannot be written`);
}

/** The channels are opened on a store that stands in for the one that cannot be. */
async function channelsAlone(context: Context, config: Config): Promise<Check[]> {
  const scratch = await attempt("channel", () => openScratch(context, config, { warn: () => {} }));
  if (!("value" in scratch)) return [];
  try {
    return withoutStore(scratch.value, config);
  } finally {
    await scratch.value.close();
  }
}

/** A clock that stands in the past breaks every order of things; nobody asks a time server for it. */
function clockCheck(): Check {
  const now = new Date();
  const text = `${now.toISOString()} (UTC)`;
  return now.getUTCFullYear() >= 2025 ? good("clock", text) : bad("clock", `${text} cannot be right`);
}
