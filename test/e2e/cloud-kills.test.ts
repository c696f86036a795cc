import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { FUNCTION_NAMES } from "../../infra/cloud/open-cloud.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { needsCloud } from "./needs-cloud.ts";
import type { ShownRun } from "./project.ts";

/** `npm run test:chaos` asks for 100. */
const KILLS = Number(process.env["BIOAGENT_CLOUD_KILLS"] ?? 10);
/** Kills are this far apart on average, milliseconds: about four passes of the poll fall between two of them. */
const BETWEEN = 1500;

/** Each execution writes one line, from outside the monitor's sight: the proof of what really ran. */
const PIPELINE = {
  pipeline: "killed",
  params: { witness: "" },
  steps: [
    {
      id: "first",
      script: `printf '%s\\n' "first-$SAMPLE $ATTEMPT" >> "$PARAM_WITNESS"
if [ "$SAMPLE" = s3 ] && [ "$ATTEMPT" = 1 ]; then exit 3; fi
printf x > "$OUTPUT_DIR/first-$SAMPLE.txt"
`,
      resources: { cpu: 0.5, memory: "64MiB" },
      outputs: ["first-{sample}.txt"],
    },
    {
      id: "second",
      needs: ["first"],
      script: `printf '%s\\n' "second-$SAMPLE $ATTEMPT" >> "$PARAM_WITNESS"
if [ "$SAMPLE" = s5 ]; then exit 4; fi
cat "$RESULTS_DIR/first-$SAMPLE.txt" > "$OUTPUT_DIR/second-$SAMPLE.txt"
`,
      resources: { cpu: 0.5, memory: "64MiB" },
      outputs: ["second-{sample}.txt"],
    },
  ],
};
const SAMPLES = ["s1", "s2", "s3", "s4", "s5", "s6"];

test(`${KILLS} times kill -9 of a function at random moments: runs end, nothing is lost or doubled, each end is told`, async (t) => {
  if (!needsCloud(t)) return;
  const cloud = await openTestCloud(t, { seed: 7, every: 300 });
  const random = seeded(20261120);
  let kills = 0;
  for (let runs = 1; kills < KILLS; runs++) {
    const witness = join(cloud.folder, `witness-${runs}.txt`);
    writeFileSync(witness, "");
    const ended = runToItsEnd(cloud, witness);
    let over = false;
    const watched = ended.finally(() => {
      over = true;
    });
    while (!over && kills < KILLS) {
      // The moment of the kill is the point of the test, not a wait for something.
      await Promise.race([sleep(2 * BETWEEN * random()), watched]);
      if (over) break;
      const name = FUNCTION_NAMES[Math.floor(random() * FUNCTION_NAMES.length)]!;
      if (cloud.functions[name].pid() === null) continue;
      cloud.functions[name].kill();
      kills++;
    }
    check(witness, await watched);
    await checkTold(cloud, runs);
  }
  t.diagnostic(
    `${kills} kills; lives: ${FUNCTION_NAMES.map((name) => `${name} ${cloud.functions[name].lives()}`).join(", ")}`,
  );
});

async function runToItsEnd(cloud: TestCloud, witness: string): Promise<ShownRun> {
  const id = await cloud.start({
    pipeline: PIPELINE,
    samples: SAMPLES,
    params: { witness },
    output: "gs://bioagent-dev/results",
  });
  return cloud.end(id, 180);
}

/** The store's word against the witness's. */
function check(witness: string, run: ShownRun): void {
  assert.deepEqual([run.status, run.outcome], ["completed", "some_skipped"], JSON.stringify(run.summary));
  const lines = readFileSync(witness, "utf8").trim().split("\n");
  assert.equal(new Set(lines).size, lines.length, "an attempt was executed twice");
  const attempts = Object.entries(run.jobs).flatMap(([key, job]) =>
    job.attempts.map(({ attempt }) => `${key} ${attempt}`),
  );
  assert.deepEqual(lines.toSorted(), attempts.toSorted(), "what ran is not what the store says");
  assert.equal(run.jobs["first-s3"]!.retry_count, 1);
  assert.equal(run.jobs["second-s5"]!.status, "skipped");
}

/** Every end is told; a repeat is there only where a kill fell between send and mark, and it says that it may be one. */
async function checkTold(cloud: TestCloud, runs: number): Promise<void> {
  const told = await cloud.told(runs);
  const first = told.filter((text) => !text.includes("possibly a repeat"));
  assert.equal(first.length, runs, told.join("\n---\n"));
}

/** A small generator (mulberry32), so that a failing story can be told again as far as the machine lets it. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
