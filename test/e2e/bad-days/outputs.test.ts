import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { workPipeline } from "./work-pipeline.ts";
import { BUCKET, MINUTE, openWorld } from "./world.ts";

const replaced = (path: string, from: RegExp, to: string): void =>
  writeFileSync(path, readFileSync(path, "utf8").replace(from, to));

/** What happens to a sample's output or manifest between its end and the first look at it, and what is said of it. */
const SPOILT: Readonly<
  Record<string, readonly [spoil: (manifest: string, output: string) => void, words: RegExp]>
> = {
  no_manifest: [(manifest) => rmSync(manifest), /no manifest/],
  cut_manifest: [(manifest) => writeFileSync(manifest, '{"attempt":'), /no manifest/],
  other_attempt: [(manifest) => replaced(manifest, /-a1"/, '-a7"'), /no manifest/],
  wrong_md5: [
    (manifest) => replaced(manifest, /md5:[0-9a-f]{32}/, `md5:${"0".repeat(32)}`),
    /wrong_md5\.txt/,
  ],
  deleted: [(_, output) => rmSync(output), /deleted\.txt was published and is not there any more/],
  replaced: [(_, output) => writeFileSync(output, "y"), /replaced\.txt/],
  cut_output: [(_, output) => writeFileSync(output, ""), /cut_output\.txt/],
};

test("a job succeeded, and its manifest is missing or wrong, or its output has gone or changed: looked at again, made once more, and then it counts", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const app = await world.open();
  const { run_id } = await app.start(workPipeline(), [...Object.keys(SPOILT), "sound"]);
  const results = join(world.buckets, BUCKET, "results", run_id);
  await app.tick(run_id);
  await world.inState("SUCCEEDED");
  for (const [sample, [spoil]] of Object.entries(SPOILT))
    spoil(join(results, `.bioagent/work-${sample}/a1.json`), join(results, `${sample}.txt`));
  await app.tick(run_id);
  const during = await app.jobs(run_id);
  assert.equal(during["work-sound"]!.status, "succeeded", "it is not held up by the others");
  for (const [sample, [, words]] of Object.entries(SPOILT)) {
    const { waiting, attempts } = during[`work-${sample}`]!;
    assert.deepEqual([waiting?.reason, attempts.length], ["verification", 1], sample);
    assert.match(waiting!.detail ?? "", words);
  }
  const run = await app.end(run_id, { seconds: MINUTE });
  assert.deepEqual([run.status, run.outcome], ["completed", "all_succeeded"]);
  const after = await app.jobs(run_id);
  assert.equal(after["work-sound"]!.attempts.length, 1);
  for (const [sample, [, words]] of Object.entries(SPOILT)) {
    const { classes, decisions } = after[`work-${sample}`]!;
    assert.deepEqual(classes, ["missing_output", null], sample);
    assert.match(decisions[0]!.reasoning, words);
    assert.equal(readFileSync(join(results, `${sample}.txt`), "utf8"), "x");
  }
});
