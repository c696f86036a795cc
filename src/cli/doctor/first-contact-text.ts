import type { SavedAnswer } from "../../../infra/first-contact/answers.ts";
import type { Plan } from "../../../infra/first-contact/plan.ts";
import { type ContactSettings, isEmulated, LABEL } from "../../../infra/first-contact/settings.ts";
import type { Swept } from "../../../infra/first-contact/sweep.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../render/width.ts";

/** What a run is about to do, before it does anything. */
export function planLines(plan: Plan, settings: ContactSettings, minutes: number): string[] {
  const machines = plan.probes.filter(({ machine }) => machine !== null).length;
  const where = isEmulated(settings) ? settings.endpoints.batch : "Google Cloud";
  const topic = settings.topic === null ? "a topic and a subscription" : "a subscription";
  const made = [
    ...plan.probes.map(({ about, machine }) => `  job  ${about}${machine === null ? "" : ` (${machine})`}`),
    ...(settings.endpoints.pubsub === null ? [] : [`  ${topic}, for the messages of two jobs`]),
    ...(settings.bucket === null ? [] : [`  objects under gs://${settings.bucket}/bioagent-first-contact/`]),
  ];
  return [
    `First contact with ${settings.project} in ${settings.region} (${where}): ${plan.asked.length} questions, ${plan.skipped.length} skipped`,
    ...made,
    `Everything is labelled ${LABEL} and deleted at the end. ${machines} small machines, about $${plan.dollars.toFixed(2)}, about ${plan.minutes} min, never more than ${minutes}.`,
  ];
}

type Holds = SavedAnswer["holds"];

const MARKS = {
  yes: ["green", "✓", "holds"],
  no: ["red", "✗", "does not hold"],
  unclear: ["yellow", "?", "unclear"],
  skipped: ["dim", "-", "skipped"],
} as const satisfies Record<Holds, readonly [string, string, string]>;

/** One answer, as it comes. */
export function answerLine({ paint }: Context, { id, holds, saw }: SavedAnswer): string {
  const [color, mark] = MARKS[holds];
  return `${paint(color, mark)} ${id.padEnd(32)} ${oneLine(saw)}`;
}

/** What is left of it at the end: counts, and what has to be changed. */
export function summaryLines({ paint }: Context, answers: readonly SavedAnswer[]): string[] {
  const of = (holds: Holds): readonly SavedAnswer[] => answers.filter((answer) => answer.holds === holds);
  const counts = (Object.keys(MARKS) as Holds[]).map((holds) => {
    const [color, mark, words] = MARKS[holds];
    return `  ${paint(color, mark)} ${String(of(holds).length).padStart(3)} ${words}`;
  });
  return [
    "",
    ...of("skipped").map(({ id, saw }) => `- ${id.padEnd(32)} ${oneLine(saw)}`),
    ...of("no").flatMap(({ id, question, assumption, saw, matters }) => [
      `${paint("red", "✗")} ${id}: ${question}`,
      `    assumed  ${assumption}`,
      `    seen     ${oneLine(saw)}`,
      ...matters.map((part) => `    change   ${part}`),
    ]),
    ...counts,
  ];
}

/** What was deleted, and what was not. */
export const sweptLines = ({ paint }: Context, { jobs, others, left }: Swept): string[] => [
  `Deleted: ${jobs} jobs, ${others} topics and subscriptions.`,
  ...left.map((line) => `${paint("red", "✗")} not deleted: ${oneLine(line)}`),
];
