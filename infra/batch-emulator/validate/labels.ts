import type { Labels } from "./definition.ts";
import { rule } from "./rule.ts";

/** Compute Engine's label rules: lowercase letters of any script, digits, `_` and `-`; a key starts with a letter. */
const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/** Google's own. Batch's predefined ones may not be overridden either (organize-resources-using-labels). */
const RESERVED = /^(?:goog-|google-)/;
const PREDEFINED = new Set(["batch-job-id", "batch-job-uid", "batch-node"]);

/** That these labels are ones a user may set. */
export function checkLabels(labels: Labels | undefined, field: string): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    rule(!RESERVED.test(key) && !PREDEFINED.has(key), field, `label key "${key}" is reserved by the system`);
    rule(
      KEY.test(key),
      field,
      `label key "${key}" must be 1 to 63 lowercase letters, digits, underscores or dashes, starting with a letter`,
    );
    rule(
      VALUE.test(value),
      field,
      `label value "${value}" of key "${key}" must be at most 63 lowercase letters, digits, underscores or dashes`,
    );
  }
}

/** That these sets of labels together are at most so many. */
export function checkLabelCount(sets: readonly (Labels | undefined)[], most: number, field: string): void {
  const count = sets.reduce((sum, labels) => sum + Object.keys(labels ?? {}).length, 0);
  rule(count <= most, field, `${count} custom labels are more than the limit of ${most}`);
}
