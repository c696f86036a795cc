import { relative } from "node:path";
import { savedAnswer } from "../../../infra/first-contact/answers.ts";
import { ASSERTIONS } from "../../../infra/first-contact/assertions/all.ts";
import { type Credentials, defaultCredentials } from "../../../infra/first-contact/credentials.ts";
import { type ContactReport, cleanUp, runFirstContact } from "../../../infra/first-contact/first-contact.ts";
import { type Plan, planContact } from "../../../infra/first-contact/plan.ts";
import { saveAnswers } from "../../../infra/first-contact/save-answers.ts";
import { type ContactSettings, isEmulated } from "../../../infra/first-contact/settings.ts";
import { type Context, printJson, printLines } from "../context.ts";
import { EXIT, UsageError } from "../failure.ts";
import { type Interrupt, listenForInterrupt } from "../interrupt.ts";
import { confirm } from "./confirm.ts";
import { contactSettings, type DoctorOptions, saveDirectory } from "./first-contact-options.ts";
import { answerLine, planLines, summaryLines, sweptLines } from "./first-contact-text.ts";

/** Checks every assumption about Google Cloud against a real project, or an emulator; 1 when one does not hold. */
export async function firstContact(context: Context, options: DoctorOptions): Promise<number> {
  const settings = contactSettings(options);
  const interrupt = listenForInterrupt(context.endNow);
  try {
    return options.cleanup
      ? await removeLeftovers(context, settings, interrupt)
      : await makeContact(context, options, settings, interrupt);
  } finally {
    interrupt.stop();
  }
}

/** Whoever runs an emulator has no keys to show. */
const credentialsFor = (settings: ContactSettings): Credentials =>
  isEmulated(settings) ? async () => ({}) : defaultCredentials();

async function removeLeftovers(
  context: Context,
  settings: ContactSettings,
  { signal }: Interrupt,
): Promise<number> {
  const swept = await cleanUp(settings, credentialsFor(settings), signal);
  if (context.json) printJson(context, swept);
  else printLines(context, sweptLines(context, swept));
  return swept.left.length === 0 ? EXIT.done : EXIT.failed;
}

async function makeContact(
  context: Context,
  options: DoctorOptions,
  settings: ContactSettings,
  interrupt: Interrupt,
): Promise<number> {
  const plan = planContact(ASSERTIONS, settings, options.only ?? null);
  if (plan.asked.length + plan.skipped.length === 0)
    throw new UsageError(
      `--only ${options.only}: no question is called so; they are in docs/first-contact.md`,
    );
  const tell = (lines: readonly string[]): void => context.terminal.err(`${lines.join("\n")}\n`);
  tell(planLines(plan, settings, options.minutes));
  if (!options.yes && !(await confirm(context, "Begin?", interrupt.signal))) return EXIT.failed;
  const started = new Date();
  const report = await runFirstContact({
    settings,
    credentials: credentialsFor(settings),
    plan,
    signal: interrupt.signal,
    minutes: options.minutes,
    say: (line) => tell([context.paint("dim", `  ${line}`)]),
    answered: (verdict) => tell([answerLine(context, savedAnswer(verdict))]),
  });
  const directory = saveDirectory(options, context.cwd, started);
  await saveAnswers({
    directory,
    verdicts: report.verdicts,
    region: settings.region,
    service: isEmulated(settings) ? "emulator" : "real",
    startedAt: started.toISOString(),
    who: report.who,
  });
  tellReport(context, { report, plan, directory, started });
  if (report.stopped) return interrupt.exitCode() ?? EXIT.interrupted;
  const wrong = report.verdicts.some(({ holds }) => holds === "no") || report.swept.left.length > 0;
  return wrong ? EXIT.failed : EXIT.done;
}

interface Told {
  readonly report: ContactReport;
  readonly plan: Plan;
  readonly directory: string;
  readonly started: Date;
}

function tellReport(context: Context, { report, plan, directory, started }: Told): void {
  const answers = report.verdicts.map(savedAnswer);
  const seconds = Math.round((Date.now() - started.getTime()) / 1000);
  if (context.json) {
    const { runId, jobsMade, swept } = report;
    const dollars = Number(plan.dollars.toFixed(2));
    const document = {
      run: runId,
      seconds,
      estimated_dollars: dollars,
      jobs: jobsMade,
      swept,
      saved: directory,
      answers,
    };
    return printJson(context, document);
  }
  printLines(context, [
    ...summaryLines(context, answers),
    ...sweptLines(context, report.swept),
    `Answers after ${seconds} s in ${relative(context.cwd, directory) || "."}; without names of the project, they can be committed.`,
  ]);
}
