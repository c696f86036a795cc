import { bytesOf, formatDuration, formatSize, secondsOf } from "./quantity.ts";
import type { Largest, Resources } from "./resources.ts";
import type { Rule } from "./rule.ts";

/** The next rung, or why there is none. */
export type Rung =
  | { readonly kind: "unchanged"; readonly resources: Resources }
  | { readonly kind: "raised"; readonly resources: Resources }
  /** The cap leaves nothing to gain: another attempt would fail in the same way. */
  | { readonly kind: "no_gain"; readonly why: string };

/** What the next attempt asks for by this rule: scaled, and clamped to the least of the rule's cap and the executor's largest. */
export function nextRung(current: Resources, rule: Rule, largest: Largest): Rung {
  let raised = false;
  const next: Resources = { ...current, ...withoutExecutor(rule.set) };
  for (const axis of AXES) {
    const factor = rule.scale?.[axis.name];
    if (factor === undefined || factor === 1) continue;
    const now = current[axis.name];
    if (now === undefined) continue;
    const most = Math.min(
      bound(rule.cap?.[axis.name], axis.amount),
      largest[axis.name] ?? Number.POSITIVE_INFINITY,
    );
    const wanted = axis.spell(Math.floor(Math.min(axis.amount(now) * factor, most)));
    // Held against what it says in the end: rounding may leave nothing of a small step.
    if (axis.amount(wanted) <= axis.amount(now)) continue;
    next[axis.name] = wanted;
    raised = true;
  }
  if (raised) return { kind: "raised", resources: next };
  if (scales(rule)) return { kind: "no_gain", why: noGain(current, rule) };
  return { kind: "unchanged", resources: next };
}

const bound = (text: string | undefined, amount: (text: string) => number): number =>
  text === undefined ? Number.POSITIVE_INFINITY : amount(text);

const AXES = [
  { name: "memory", amount: bytesOf, spell: formatSize },
  { name: "time", amount: secondsOf, spell: formatDuration },
  { name: "disk", amount: bytesOf, spell: formatSize },
] as const;

const scales = (rule: Rule): boolean => AXES.some(({ name }) => (rule.scale?.[name] ?? 1) > 1);

function noGain(current: Resources, rule: Rule): string {
  const axis = AXES.find(({ name }) => (rule.scale?.[name] ?? 1) > 1)!.name;
  return current[axis] === undefined
    ? `no ${axis} is declared that could be raised`
    : `${current[axis]} is already the most ${axis} that may be asked for`;
}

/** What a rule's `set` says of resources; `executor` is the job's own field. */
function withoutExecutor(set: Rule["set"]): Partial<Resources> {
  if (!set) return {};
  const { executor: _elsewhere, ...rest } = set;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}
