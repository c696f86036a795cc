import type { Rule } from "../../core/rule.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";

/** The table of rules, in the order in which they are asked. */
export function renderRules(
  rules: readonly Rule[],
  look: { readonly width: number | null; readonly paint: Paint },
): string[] {
  return renderTable(
    [
      { title: "#", align: "right" },
      { title: "RULE" },
      { title: "WHEN", shrink: true },
      { title: "DO", shrink: true },
      { title: "TIMES", align: "right" },
      { title: "THEN" },
    ],
    rules.map((rule, at) => [
      String(at + 1),
      rule.name,
      conditions(rule),
      action(rule),
      rule.times === undefined ? "-" : `${rule.times}${rule.free === undefined ? "" : ` +${rule.free} free`}`,
      rule.then ?? "-",
    ]),
    look,
  );
}

const conditions = ({ when }: Rule): string =>
  Object.entries(when)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(" or ") : value}`)
    .join(", ") || "always";

function action(rule: Rule): string {
  const scales = Object.entries(rule.scale ?? {})
    .filter(([, factor]) => factor !== undefined && factor !== 1)
    .map(([name, factor]) => `${name} x${factor}`);
  const caps = Object.entries(rule.cap ?? {}).map(([name, most]) => `${name} at most ${most}`);
  const sets = Object.entries(rule.set ?? {}).map(([name, value]) => `${name} ${value}`);
  const backoff = rule.backoff === undefined ? [] : [`after ${rule.backoff}`];
  const within = rule.within_time ? ["within its time"] : [];
  const how = [...scales, ...caps, ...sets, ...backoff, ...within];
  return how.length === 0 ? rule.do : `${rule.do}: ${how.join(", ")}`;
}
