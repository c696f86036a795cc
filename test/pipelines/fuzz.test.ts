import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { readPipeline } from "../../src/pipelines/read-pipeline.ts";
import { readSamplesheet } from "../../src/pipelines/read-samplesheet.ts";

const VALID = readFileSync(new URL("../fixtures/pipelines/two-steps.yaml", import.meta.url), "utf8");
const SHEET = 'sample,fastq_1,fastq_2\nA,"a 1",a2\nB,b1,\nA,a3,a4\n';

/** A text with a few pieces cut, doubled or replaced by what breaks parsers. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.nat({ max: text.length }),
        length: fc.nat({ max: 12 }),
        piece: fc.oneof(
          fc.constantFrom(
            "",
            "\n",
            "\t",
            ": ",
            "- ",
            "&a ",
            "*a",
            "[",
            "}",
            "'",
            '"',
            "|",
            "\u0000",
            "\ufeff",
            "<<: ",
            "__proto__: ",
            "null",
            "1e999",
            "\r",
            ",",
            "? ",
            "!!set ",
            "---\n",
            "%",
          ),
          fc.string({ unit: "binary", maxLength: 8 }),
        ),
      }),
      { minLength: 1, maxLength: 5 },
    )
    .map((changes) =>
      changes.reduce(
        (current, { at, length, piece }) => current.slice(0, at) + piece + current.slice(at + length),
        text,
      ),
    );

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.json({ maxDepth: 4 }),
);

/** Documents that parse and are wrong in their values: any field replaced by anything. */
const wrongValues = fc
  .tuple(
    fc.constantFrom("pipeline", "steps", "rules", "params", "limits", "references"),
    fc.jsonValue({ maxDepth: 3 }),
  )
  .map(([field, value]) =>
    JSON.stringify({
      pipeline: "qc",
      steps: [
        { id: "a", script: "x" },
        { id: "b", script: "x", [field]: value, needs: value, outputs: value, resources: value },
      ],
      [field]: value,
    }),
  );

test("readPipeline never throws: a pipeline, or problems with places", () => {
  const property = fc.property(fc.oneof(mutated(VALID), anyText, wrongValues), (text) => {
    const { pipeline, problems } = readPipeline(text, { source: "f" });
    assert.equal(pipeline === null, problems.length > 0);
    const lineCount = text.split(/\n/).length;
    for (const { line, column, message } of problems) {
      assert.ok(line >= 1 && line <= lineCount && column >= 1, `${line}:${column} of ${lineCount} lines`);
      assert.ok(message.length > 0 && message.length <= 400);
      assert.doesNotMatch(message, /^Invalid input|^Invalid key|^Unrecognized/);
    }
  });
  fc.assert(property, { numRuns: 400 });
});

test("readSamplesheet never throws: samples, or problems with lines", () => {
  const property = fc.property(fc.oneof(mutated(SHEET), anyText), (text) => {
    const { samples, problems } = readSamplesheet(text, { source: "f" });
    assert.equal(samples.length === 0, problems.length > 0);
    const lineCount = text.split(/\r\n?|\n/).length;
    for (const { line } of problems)
      assert.ok(line >= 1 && line <= lineCount, `${line} of ${lineCount} lines`);
  });
  fc.assert(property, { numRuns: 400 });
});

test("a sheet written from any safe names and cells reads back as it was", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
  const cell = fc.string({ unit: "grapheme-ascii", maxLength: 12 }).map((text) => `x${text}x`);
  const rows = fc.uniqueArray(fc.tuple(name, cell), {
    minLength: 1,
    maxLength: 8,
    selector: ([sample]) => sample.toLowerCase(),
  });
  const property = fc.property(rows, fc.constantFrom(",", "\t"), (table, separator) => {
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const text = [["sample", "reads"], ...table].map((cells) => cells.map(quoted).join(separator)).join("\n");
    const { samples } = readSamplesheet(text, { source: "f" });
    assert.deepEqual(
      samples.map(({ sample, rows: [row] }) => [sample, row?.["reads"]]),
      table,
    );
  });
  fc.assert(property, { numRuns: 300 });
});
