import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMemory, renderMemory } from "../../src/ledger/memory.ts";

const row = (
  run_id: string,
  pipeline: string,
  status: "completed" | "running" | "failed",
  created_at: string,
) => ({
  ...{ run_id, pipeline, status, created_at },
});

test("memory.md is the source document's table, newest first", () => {
  const text = renderMemory([
    row("2026-02-26_atacseq_001", "atacseq", "failed", "2026-02-26T23:59:59Z"),
    row("2026-02-27_sarek_002", "sarek", "running", "2026-02-27T11:00:00.500Z"),
    row("2026-02-27_rnaseq_001", "rnaseq", "completed", "2026-02-27T11:00:00Z"),
  ]);
  assert.equal(
    text,
    `# BioAgent Recent Runs

| Run ID | Pipeline | Status | Date |
|--------|----------|--------|------|
| 2026-02-27_sarek_002 | sarek | running | 2026-02-27 |
| 2026-02-27_rnaseq_001 | rnaseq | completed | 2026-02-27 |
| 2026-02-26_atacseq_001 | atacseq | failed | 2026-02-26 |
`,
  );
  assert.deepEqual([...parseMemory(text)].at(0), ["2026-02-27_sarek_002", "running"]);
  assert.equal(parseMemory(text).size, 3);
});

test("only the 20 newest stand in it, each on one line", () => {
  const runs = Array.from({ length: 25 }, (_, at) =>
    row(`run${at}`, "odd | name\nhere", "running", `2026-02-27T10:00:${String(at).padStart(2, "0")}Z`),
  );
  const lines = renderMemory(runs).split("\n");
  assert.equal(lines.length, 4 + 20 + 1);
  assert.equal(lines[4], "| run24 | odd \\| name here | running | 2026-02-27 |");
  assert.equal(parseMemory(renderMemory(runs)).get("run5"), "running");
});
