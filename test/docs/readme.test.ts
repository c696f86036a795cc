import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { MEMORY_GROUPS } from "../support/memory-groups.ts";
import { needs } from "../support/require.ts";
import { cloneHere, found, run } from "./clone.ts";
import { documentAt, fencesOf, placeOf } from "./documents.ts";

const README = fencesOf(documentAt("README.md"));
const shell = README.filter(({ language }) => language === "sh");

test("the README has two set-up commands, each enough on a fresh clone, and npm knows what they call", () => {
  const setUp = shell.filter(({ info }) => info === "").map(({ text }) => text.trim());
  assert.deepEqual(setUp, ["npm ci && npm start", "npm cit"]);
  // `npm cit` is `npm ci` and then `npm test`.
  assert.ok(packageJson.scripts.start && packageJson.scripts.test && packageJson.scripts.prepare);
});

test("what the README tells a newcomer to type works, one command after another, in a fresh clone", async (t) => {
  if (!needs(t, "npx", await found("npx"), "install npm") || !needs(t, ...MEMORY_GROUPS)) return;
  const clone = await cloneHere(t);
  for (const { info, text } of README.filter(({ language }) => language === "yaml"))
    if (info === "hello.yaml") await writeFile(join(clone, info), text);

  const started = await run("bash", ["--norc", "-c", packageJson.scripts.start], clone);
  assert.equal(started.code, 0, started.stdout + started.stderr);
  for (const line of linesOfNotice())
    assert.ok(started.stdout.includes(line), `npm start does not say: ${line}`);

  const said: string[] = [];
  for (const block of shell.filter((fence) => fence.info === "run")) {
    const ended = await run("bash", ["--norc", "-ec", block.text], clone);
    assert.equal(ended.code, 0, `${placeOf(block)}: ${ended.stdout}${ended.stderr}`);
    said.push(ended.stdout);
  }
  const [looking = "", own = ""] = said;
  assert.match(looking, /duplicates-tumor_hifi +retry +.*\(retry 1 of 2\)/);
  assert.match(looking, /attempt 3: failed, .*oom/);
  assert.match(own, /Status: ✅ 2\/2 succeeded/);
});

/** Of the output that the README shows: what is equal on every machine with memory groups. */
function linesOfNotice(): string[] {
  const shown = README.find(({ text }) => text.includes("🧬 BioAgent Run Complete"))!;
  const kept = ["🧬 ", "Pipeline: ", "Status: ", "Retries: "];
  return shown.text.split("\n").filter((line) => kept.some((start) => line.startsWith(start)));
}
