import type { BatchRest } from "./batch-rest.ts";
import { type Answer, isOk, pause } from "./http.ts";
import { listAt, short, textAt } from "./json.ts";
import type { Machines } from "./machines.ts";
import { hasEnded, type Outcome, rawOutcome, type Sighting, stateOf } from "./outcome.ts";
import type { Probe, Site, Visit } from "./probe.ts";
import { JOB_PREFIX, MOST_MACHINES } from "./settings.ts";
import { createSlots } from "./slots.ts";
import type { StorageRest } from "./storage-rest.ts";

/** Makes the probes' jobs, each once, as far as places are free, and watches them to their end. */
export interface Lab {
  outcome(probe: Probe): Promise<Outcome>;
  idOf(probe: Probe): string;
}

export interface LabParts {
  readonly site: Site;
  readonly batch: BatchRest;
  readonly storage: StorageRest | null;
  readonly machines: Machines | null;
  readonly signal: AbortSignal;
  /** Epoch milliseconds at which everything ends. */
  readonly deadline: number;
  readonly say: (line: string) => void;
}

const DEFAULT_LIMIT = 12;

export function createLab(parts: LabParts): Lab {
  const outcomes = new Map<string, Promise<Outcome>>();
  const withMachine = createSlots(MOST_MACHINES);
  const idOf = (probe: Probe): string => `${JOB_PREFIX}${parts.site.runId}-${probe.name}`;
  return {
    idOf,
    outcome(probe) {
      const run = (): Promise<Outcome> => runProbe(parts, probe, idOf(probe));
      const known = outcomes.get(probe.name) ?? (probe.machine === null ? run() : withMachine(run));
      outcomes.set(probe.name, known);
      return known;
    },
  };
}

/** What is gathered while a job goes its way. */
interface Watch {
  readonly id: string;
  readonly probe: Probe;
  readonly started: number;
  readonly until: number;
  readonly sightings: Sighting[];
  readonly taskAnswers: Answer[];
  readonly kept: Map<string, Answer>;
  job: unknown;
  tasks: readonly unknown[];
  over: boolean;
}

async function runProbe(parts: LabParts, probe: Probe, id: string): Promise<Outcome> {
  const { site, batch, storage, say } = parts;
  if (Date.now() >= parts.deadline)
    return outcomeOf(newWatch(parts, probe, id), NOT_ASKED, "the time was up before its job could begin");
  if (storage !== null) await probe.before?.(storage);
  if (site.emulated && probe.staged) await batch.stage(id, probe.staged);
  const created = await batch.create(id, probe.job(site), probe.query?.(id));
  const watch = newWatch(parts, probe, id);
  if (!isOk(created)) {
    say(`${probe.name}: refused (${created.status})`);
    return outcomeOf(watch, created, `the job was refused: ${short(messageOf(created))}`);
  }
  watch.job = created.body;
  say(`${probe.name}: created`);
  await readTasks(parts, watch);
  const visit = probe.visit?.(visitOf(parts, watch));
  // A visitor that fails has left the job alone, which might go on for long: it is no longer watched, and the error told below.
  visit?.catch(() => {
    watch.over = true;
  });
  await watchToEnd(parts, watch);
  await visit;
  await readTasks(parts, watch);
  const trouble = await leave(parts, watch);
  say(
    `${probe.name}: ${watch.sightings.at(-1)?.state ?? "?"} after ${Math.round((Date.now() - watch.started) / 1000)} s`,
  );
  return outcomeOf(watch, created, trouble);
}

const NOT_ASKED: Answer = { method: "POST", path: "", status: 0, body: null, milliseconds: 0 };

function newWatch({ deadline }: LabParts, probe: Probe, id: string): Watch {
  const started = Date.now();
  return {
    id,
    probe,
    started,
    until: Math.min(deadline, started + (probe.limit ?? DEFAULT_LIMIT) * 60_000),
    sightings: [],
    taskAnswers: [],
    kept: new Map(),
    job: null,
    tasks: [],
    over: false,
  };
}

const messageOf = ({ body }: Answer): string => textAt(body, "error.message") || String(body);

/** Real machines take minutes; those of an emulator are there at once. */
const pollMilliseconds = ({ emulated }: Site): number => (emulated ? 60 : 4000);

async function watchToEnd(parts: LabParts, watch: Watch): Promise<void> {
  while (!watch.over && Date.now() < watch.until && !(await look(parts, watch))) {
    await pause(pollMilliseconds(parts.site), parts.signal);
  }
  watch.over = true;
}

/** Reads the job, and its tasks when it went on; true when there is nothing more to see. */
async function look({ batch, ...parts }: LabParts, watch: Watch): Promise<boolean> {
  const answer = await batch.get(watch.id);
  if (answer.status === 404) {
    note(watch, "(404)");
    return true;
  }
  if (!isOk(answer)) return false;
  watch.job = answer.body;
  const isNew = note(watch, stateOf(answer.body));
  const ended = hasEnded(answer.body);
  if (isNew && !ended) await readTasks({ batch, ...parts }, watch);
  return ended;
}

function note(watch: Watch, state: string): boolean {
  if (watch.sightings.at(-1)?.state === state) return false;
  watch.sightings.push({ state, milliseconds: Date.now() - watch.started });
  return true;
}

async function readTasks({ batch }: LabParts, watch: Watch): Promise<void> {
  const answer = await batch.tasks(watch.id, { pageSize: 100 });
  if (watch.taskAnswers.at(-1)?.status !== answer.status) watch.taskAnswers.push(answer);
  if (isOk(answer)) watch.tasks = listAt(answer.body, "tasks");
}

/** Says why the job tells nothing, and ends it then: nothing is paid for what is no longer looked at. */
async function leave({ batch, deadline }: LabParts, watch: Watch): Promise<string | null> {
  if (hasEnded(watch.job) || watch.sightings.at(-1)?.state === "(404)") return null;
  const answer = await batch.remove(watch.id);
  watch.kept.set("given-up", answer);
  const minutes = Math.round((Date.now() - watch.started) / 60_000);
  const why = Date.now() >= deadline ? "the time was up" : "it took too long";
  return `${why}: ${stateOf(watch.job)} after ${minutes} min, and ended by us`;
}

function visitOf(parts: LabParts, watch: Watch): Visit {
  const wait = (milliseconds: number): Promise<void> => pause(milliseconds, parts.signal);
  return {
    id: watch.id,
    site: parts.site,
    batch: parts.batch,
    storage: parts.storage,
    machines: parts.machines,
    job: () => watch.job,
    wait,
    keep: (name, answer) => void watch.kept.set(name, answer),
    async until(wanted) {
      while (!wanted(watch.job)) {
        if (watch.over || Date.now() > watch.until) return false;
        await wait(pollMilliseconds(parts.site) / 2);
      }
      return true;
    },
  };
}

function outcomeOf(watch: Watch, created: Answer, trouble: string | null): Outcome {
  const { id, sightings, job, tasks, taskAnswers, kept } = watch;
  const outcome = { id, created, sightings, job, tasks, taskAnswers, kept, trouble };
  return { ...outcome, raw: () => rawOutcome(outcome) };
}
