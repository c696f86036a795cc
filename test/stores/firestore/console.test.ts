import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Job } from "../../../src/core/job.ts";
import type { Operator, Shape } from "../../../src/stores/firestore/shape.ts";
import { started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aJob, aNotice, anAttempt } from "../../support/documents.ts";
import { INDEX_FILE, indexesFor } from "./index-rules.ts";
import { openStore } from "./open-store.ts";

const PAGE = readFileSync(new URL("../../../docs/firestore.md", import.meta.url), "utf8");

interface Question {
  readonly text: string;
  readonly shape: Shape;
}

/** The rows of the table "What to ask in the console". */
function questions(): Question[] {
  const part = PAGE.split("## What to ask in the console")[1]?.split("\n## ")[0] ?? "";
  const rows = part.split("\n").filter((line) => line.startsWith("| ") && line.includes("`"));
  return rows.map((row) => {
    const [, text = "", scope = "", where = ""] = row.split("|").map((cell) => cell.trim());
    const [, kind, place = ""] =
      /^(Collection group|Collection), `\/?([^`]+)`$/.exec(scope) ?? assert.fail(row);
    const conditions = where.matchAll(
      /`([\w.]+)` (==|>=|<=|<|>|array-contains) \((string|number)\) `([^`]+)`/g,
    );
    const order = /order by `([\w.]+)` (asc|desc)/.exec(where);
    const shape: Shape = {
      collection: place,
      group: kind === "Collection group",
      where: [...conditions].map(([, field = "", operator, type, value = ""]) => {
        return [field, operator as Operator, type === "number" ? Number(value) : value] as const;
      }),
      ...(order ? { order: [[order[1] ?? "", order[2] as "asc" | "desc"]] } : {}),
    };
    assert.ok(shape.where?.length, row);
    return { text, shape };
  });
}

test("what the page says one may ask in the console has its index", () => {
  assert.ok(questions().length > 12);
  for (const { text, shape } of questions()) {
    assert.deepEqual(indexesFor(shape, INDEX_FILE).missing, [], text);
  }
});

test("what the page says one may ask in the console finds what is there, and nothing else", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const run = await started(store, { status: "failed", labels: { lab: "east" }, next_poll_at: null });
  const active = await started(store, { status: "running" }, { pipeline: "wgs" });
  const { run_id } = run;
  const oom = anAttempt({ status: "failed", exit_code: 137, class: "oom" });
  const trouble: Partial<Job> = { status: "failed", attempts: [oom], exit_code: 137, class: "oom" };
  const jobs = [
    aJob({ run_id, step: "star_align", ...trouble }),
    aJob({ run_id, sample: "sample02", status: "skipped" }),
  ];
  const notices = [aNotice({ run_id, status: "failed", next_at: null })];
  await store.commit(aCommit(run, { jobs, notices }));
  const [trouble_, skipped] = jobs.map(({ key }) => `runs/${run_id}/jobs/${key}`);
  for (const { text, shape } of questions()) {
    let query = shape.group
      ? console.collectionGroup(shape.collection)
      : console.collection(shape.collection);
    for (const [field, operator, value] of shape.where ?? [])
      query = query.where(field, operator, value) as typeof query;
    for (const [field, way] of shape.order ?? []) query = query.orderBy(field, way) as typeof query;
    const found = (await query.get()).docs.map(({ ref }) => ref.path);
    if (shape.collection === "jobs") assert.deepEqual(found, [trouble_], text);
    else if (shape.collection.endsWith("/jobs")) assert.deepEqual(found, [skipped], text);
    else if (shape.collection === "notices") assert.equal(found.length, 1, text);
    else if (text.includes("watched")) assert.deepEqual(found, [`runs/${active.run_id}`]);
    else assert.ok(found.includes(`runs/${run_id}`), text);
  }
});
