import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeMetrics, parseMetrics } from "../../src/files/metrics.ts";

const values = (path: string, text: string) => Object.fromEntries(parseMetrics(path, text));

test("metrics are read from JSON, JSON lines, CSV and TSV", () => {
  const rows: [path: string, text: string, expected: object][] = [
    ["m.json", '{"a": 1, "b": {"c": "x", "d": [1, 2]}, "e": null, "f": true}', { a: 1, "b.c": "x", f: true }],
    ["m.json", '\uFEFF{"a": 1}', { a: 1 }],
    ["m.jsonl", '{"loss": 3}\n{"loss": 2}\n\n', { loss: 2 }],
    ["m.ndjson", '{"loss": 3}', { loss: 3 }],
    ["m.csv", 'sample,reads,note\ns1,1200,"a, b"\ns2,7,x\n', { sample: "s1", reads: 1200, note: "a, b" }],
    ["m.tsv", "#name\treads\tgc\ns1\t1e3\t0.41\n", { "#name": "s1", reads: 1000, gc: 0.41 }],
    ["m.txt", 'a\tb\n5" end\t-3\n', { a: '5" end', b: -3 }],
    ["m.csv", "lane,id\n007,NaN\n", { lane: "007", id: "NaN" }],
    ["m.csv", "a,b\n1\n", { a: 1 }],
    // Python's json.dump writes these; one of them takes no other value away.
    [
      "m.json",
      '{"a": NaN, "b": {"c": -Infinity}, "d": "NaN: \\"Infinity\\"", "e": 2}',
      { a: "NaN", "b.c": "-Infinity", d: 'NaN: "Infinity"', e: 2 },
    ],
    ["m.jsonl", '{"loss": 1}\n{"loss": NaN, "step": 2}\n', { loss: "NaN", step: 2 }],
    [
      "m.json",
      '{"huge": 1e400, "tiny": 1e-400, "large": 1e300}',
      { huge: "Infinity", tiny: 0, large: 1e300 },
    ],
  ];
  for (const [path, text, expected] of rows) assert.deepEqual(values(path, text), expected, text);
});

test("what cannot be parsed gives nothing", () => {
  const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
  const rows: [string, string][] = [
    ["m.json", '{"a": 1'],
    ["m.json", "[1, 2]"],
    ["m.json", "7"],
    ["m.json", deep],
    ["m.json", '\\"'.repeat(400_000)], // in time that grows with its length
    ["m.jsonl", '{"a": 1}\n{"a"'],
    ["m.jsonl", ""],
    ["m.csv", 'a,b\n"unclosed,1'],
    ["m.csv", "only,a,header\n"],
    ["m.txt", "just a line\nand another\n"],
    ["m.bam", "binary"],
  ];
  for (const [path, text] of rows) assert.deepEqual(values(path, text), {}, `${path} ${text.slice(0, 40)}`);
});

test("names that a store refuses are left out", () => {
  assert.deepEqual(values("m.json", '{"__proto__": 1, "__x__": 2, "": 3, "ok": 4}'), { ok: 4 });
});

test("a long text is cut between characters", () => {
  const text = "🧬".repeat(300);
  const rows = { "m.json": JSON.stringify({ x: text }), "m.csv": `x\n${text}\n` };
  for (const [path, file] of Object.entries(rows)) {
    assert.deepEqual(values(path, file), { x: `${"🧬".repeat(249)}…` });
  }
});

test("at most 100 values are kept, the first of one name", () => {
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`m${at}`, at])));
  const merged = mergeMetrics([parseMetrics("a.json", many), parseMetrics("b.json", '{"m0": 9, "late": 1}')]);
  assert.equal(Object.keys(merged).length, 100);
  assert.equal(merged["m0"], 0);
});
