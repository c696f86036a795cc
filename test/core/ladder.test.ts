import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextRung } from "../../src/core/ladder.ts";
import { bytesOf } from "../../src/core/quantity.ts";
import type { Largest, Resources } from "../../src/core/resources.ts";
import type { Rule } from "../../src/core/rule.ts";

const NOW: Resources = { cpu: 1, memory: "8GiB", time: "1h" };
const rule = (fields: Partial<Rule>): Rule => ({ name: "r", when: {}, do: "retry", times: 2, ...fields });

const TABLE: readonly (readonly [string, Partial<Rule>, Largest, object | string])[] = [
  ["doubles", { scale: { memory: 2 } }, {}, { memory: "16GiB" }],
  ["is exact in mebibytes", { scale: { memory: 1.3 } }, {}, { memory: "10649MiB" }],
  ["stops at the rule's cap", { scale: { memory: 2 }, cap: { memory: "10GiB" } }, {}, { memory: "10GiB" }],
  ["stops at the host", { scale: { memory: 2 } }, { memory: 12 * 2 ** 30 }, { memory: "12GiB" }],
  [
    "stops at the least of both",
    { scale: { memory: 2 }, cap: { memory: "10GiB" } },
    { memory: 9 * 2 ** 30 },
    { memory: "9GiB" },
  ],
  [
    "has no gain at the cap",
    { scale: { memory: 2 }, cap: { memory: "8GiB" } },
    {},
    "8GiB is already the most memory that may be asked for",
  ],
  [
    "has no gain above the cap",
    { scale: { memory: 2 }, cap: { memory: "4GiB" } },
    {},
    "8GiB is already the most memory that may be asked for",
  ],
  ["raises time", { scale: { time: 2 } }, {}, { time: "2h" }],
  ["clamps time", { scale: { time: 2 } }, { time: 5400 }, { time: "1h30m" }],
  [
    "cannot raise what is not declared",
    { scale: { disk: 2 } },
    {},
    "no disk is declared that could be raised",
  ],
  [
    "raises one axis where the other is at its cap",
    { scale: { memory: 2, time: 2 }, cap: { memory: "8GiB" } },
    {},
    { time: "2h" },
  ],
  ["sets without scaling", { set: { spot: false, zones: ["z"] } }, {}, { spot: false, zones: ["z"] }],
  ["keeps the executor out of the resources", { set: { executor: "slurm" } }, {}, {}],
  ["takes factor 1 as none", { scale: { memory: 1 } }, {}, {}],
];
for (const [name, fields, largest, wanted] of TABLE) {
  test(`the next rung ${name}`, () => {
    const rung = nextRung(NOW, rule(fields), largest);
    if (typeof wanted === "string") assert.deepEqual(rung, { kind: "no_gain", why: wanted });
    else assert.deepEqual(rung.kind === "no_gain" ? rung : rung.resources, { ...NOW, ...wanted });
  });
}

test("a rung is never lower than the one before, nor above the cap and the host", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 512 }),
      fc.double({ min: 1, max: 16, noNaN: true }),
      fc.integer({ min: 1, max: 512 }),
      fc.integer({ min: 1, max: 512 }),
      (now, memory, cap, host) => {
        const given: Resources = { cpu: 1, memory: `${now}GiB` };
        const rung = nextRung(given, rule({ scale: { memory }, cap: { memory: `${cap}GiB` } }), {
          memory: host * 2 ** 30,
        });
        if (rung.kind === "no_gain") return;
        const bytes = bytesOf(rung.resources.memory);
        assert.ok(bytes >= now * 2 ** 30);
        if (rung.kind === "raised")
          assert.ok(bytes > now * 2 ** 30 && bytes <= Math.min(cap, host) * 2 ** 30);
      },
    ),
  ));
