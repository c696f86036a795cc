import assert from "node:assert/strict";
import { test } from "node:test";
import { logEvidence } from "../../src/core/log-evidence.ts";

test("a long line is quoted up to a whole character", () => {
  for (const character of ["🧬", "🇩🇪", "👩‍👩‍👧‍👦", "e\u0301"]) {
    for (const shift of ["", "x", "xx"]) {
      const beginning = `No module named ${shift}`;
      const line = logEvidence(`before\n${beginning}${character.repeat(200)}\nafter`)!.line;
      assert.ok(line.length <= 300 && line.length > 280, `${line.length} characters`);
      assert.match(line.replace(beginning, "").replaceAll(character, ""), /^…$/);
    }
  }
});
