import { randomBytes } from "node:crypto";
import type { Identities } from "./anonymize.ts";
import type { Verdict } from "./answers.ts";
import type { Assertion } from "./assertion.ts";
import { type Contact, type ContactParts, openContact, openServices, type Services } from "./contact.ts";
import type { Credentials } from "./credentials.ts";
import { mailName } from "./open-mail.ts";
import type { Plan } from "./plan.ts";
import { checkCreation, checkGround, type Ground } from "./preflight.ts";
import type { Probe } from "./probe.ts";
import { success } from "./probes/exits.ts";
import type { ContactSettings } from "./settings.ts";
import { lateSkip } from "./skips.ts";
import { type Swept, sweepAll, sweepRun } from "./sweep.ts";

export interface ContactRun {
  readonly settings: ContactSettings;
  readonly credentials: Credentials;
  readonly plan: Plan;
  /** Ends it early; what was made is deleted nevertheless. */
  readonly signal: AbortSignal;
  /** Minutes after which what is not answered stays unclear. */
  readonly minutes: number;
  readonly say: (line: string) => void;
  /** Told of each answer as it comes. */
  readonly answered: (verdict: Verdict) => void;
}

export interface ContactReport {
  readonly runId: string;
  /** In the order of the plan, the skipped ones last. */
  readonly verdicts: readonly Verdict[];
  readonly swept: Swept;
  readonly jobsMade: number;
  readonly who: Identities;
  /** It was stopped before all were answered. */
  readonly stopped: boolean;
}

const GRACE_MILLISECONDS = 60_000;

/** Asks everything of the plan, then deletes whatever was made, also after an error or a stop. Throws `ContactError` when it cannot begin. */
export async function runFirstContact(run: ContactRun): Promise<ContactReport> {
  const runId = randomBytes(3).toString("hex");
  const milliseconds = run.minutes * 60_000;
  // What still waits a little after the deadline (a message, a log) is not waited for.
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(milliseconds + GRACE_MILLISECONDS)]);
  const parts: ContactParts = { ...run, signal, runId, deadline: Date.now() + milliseconds };
  const services = openServices(parts);
  const ground = await checkGround(run.settings, services, run.plan.asked);
  let verdicts: readonly Verdict[] = [];
  let swept: Swept;
  try {
    verdicts = await askAll(run, parts, services, ground);
  } finally {
    swept = await tidy(run, runId, services);
  }
  const skipped = run.plan.skipped.map(({ assertion, reason }) => skippedVerdict(assertion, reason));
  return {
    runId,
    verdicts: [...verdicts, ...skipped],
    swept,
    jobsMade: services.batch.made.size,
    who: identitiesOf(run.settings, verdicts),
    stopped: run.signal.aborted,
  };
}

async function askAll(
  run: ContactRun,
  parts: ContactParts,
  services: Services,
  ground: Ground,
): Promise<readonly Verdict[]> {
  const { contact, mail } = await openContact(parts, services);
  try {
    if (run.plan.probes.length > 0)
      await checkCreation(services, success.job(contact.site), run.settings.project);
    const judged = run.plan.asked.map((assertion) => ({
      assertion,
      reason: lateSkip(assertion, ground, mail !== null),
    }));
    startLongestFirst(
      contact,
      judged.flatMap(({ assertion, reason }) => (reason ? [] : [assertion])),
    );
    return await Promise.all(
      judged.map(async ({ assertion, reason }) => {
        const verdict = reason ? skippedVerdict(assertion, reason) : await checked(assertion, contact);
        run.answered(verdict);
        return verdict;
      }),
    );
  } finally {
    await mail?.mailbox.close().catch((error: unknown) => run.say(`Pub/Sub: ${wordsOf(error)}`));
  }
}

/** Places for machines are few: what takes long must not begin last. The plain success comes first, many ask for it. */
function startLongestFirst({ lab }: Contact, assertions: readonly Assertion[]): void {
  const probes = [...new Set(assertions.flatMap(({ probes = [] }) => probes))];
  const rank = (probe: Probe): number => (probe === success ? Number.POSITIVE_INFINITY : probe.minutes);
  for (const probe of probes.sort((a, b) => rank(b) - rank(a))) {
    // Whoever asks for the outcome is told of an error.
    lab.outcome(probe).catch(() => {});
  }
}

const skippedVerdict = (assertion: Assertion, reason: string): Verdict => ({
  assertion,
  holds: "skipped",
  saw: reason,
  evidence: null,
});

/** A check that breaks says nothing about the service; the others go on. */
async function checked(assertion: Assertion, contact: Contact): Promise<Verdict> {
  try {
    return { assertion, ...(await assertion.check(contact)) };
  } catch (error) {
    return { assertion, holds: "unclear", saw: wordsOf(error), evidence: null };
  }
}

const wordsOf = (error: unknown): string => {
  if (error instanceof Error && error.name === "AbortError") return "stopped before it was answered";
  if (error instanceof Error && error.name === "TimeoutError") return "the time was up";
  return error instanceof Error ? error.message : String(error);
};

/** With a signal of its own: a Ctrl-C that ended the questions must not leave machines running. */
const SWEEP_MILLISECONDS = 180_000;

async function tidy(
  { settings, credentials, say }: ContactRun,
  runId: string,
  { batch }: Services,
): Promise<Swept> {
  say("deleting what was made");
  const signal = AbortSignal.timeout(SWEEP_MILLISECONDS);
  const services = openServices({ settings, credentials, runId, signal });
  const name = mailName(runId);
  const others = services.pubsub
    ? [`projects/${settings.project}/subscriptions/${name}`, `projects/${settings.project}/topics/${name}`]
    : [];
  try {
    return await sweepRun({ settings, services, signal }, { jobs: batch.made, others });
  } catch (error) {
    const left = [`run again with --cleanup, it was not all deleted: ${wordsOf(error)}`];
    return { jobs: 0, others: 0, left };
  }
}

/** Deletes what earlier runs left behind. */
export async function cleanUp(
  settings: ContactSettings,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Swept> {
  const services = openServices({ settings, credentials, runId: "", signal });
  await checkGround(settings, services, []);
  return sweepAll({ settings, services, signal });
}

/** The project's number stands in many answers and must not stand in a committed file. */
function identitiesOf(settings: ContactSettings, verdicts: readonly Verdict[]): Identities {
  const { project, bucket, network, subnetwork, mirror } = settings;
  const text = JSON.stringify(verdicts.map(({ evidence }) => evidence));
  const projectNumber = /projects\/(\d{6,})\//.exec(text)?.[1] ?? null;
  return { project, projectNumber, bucket, network, subnetwork, mirror };
}
