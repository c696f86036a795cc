import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { anonymized, type Identities } from "./anonymize.ts";
import { savedAnswer, type Verdict } from "./answers.ts";

interface Saved {
  readonly directory: string;
  readonly verdicts: readonly Verdict[];
  readonly region: string;
  readonly service: "real" | "emulator";
  readonly startedAt: string;
  readonly who: Identities;
}

/**
 * Writes `answers.json` and, for each question that was asked, the raw documents behind its answer; without anything that says
 * whose project it was.
 */
export async function saveAnswers({
  directory,
  verdicts,
  region,
  service,
  startedAt,
  who,
}: Saved): Promise<void> {
  await mkdir(directory, { recursive: true });
  const answers = { service, region, started_at: startedAt, answers: verdicts.map(savedAnswer) };
  await writeJson(join(directory, "answers.json"), anonymized(answers, who));
  for (const verdict of verdicts) {
    if (verdict.holds === "skipped") continue;
    const { id, question, holds, saw } = savedAnswer(verdict);
    const document = { id, question, holds, saw, evidence: verdict.evidence };
    await writeJson(join(directory, `${id}.json`), anonymized(document, who));
  }
}

const writeJson = (path: string, value: unknown): Promise<void> =>
  writeFile(path, `${JSON.stringify(value, shortened, 2)}\n`);

/** No word of the service is so long; what we sent ourselves to find out about sizes is. */
const LONGEST = 8000;

const shortened = (_key: string, value: unknown): unknown =>
  typeof value === "string" && value.length > LONGEST
    ? `${value.slice(0, 100)}… (${value.length} characters)`
    : value;
