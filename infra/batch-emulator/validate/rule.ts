import { fieldIsInvalid } from "./violation.ts";

/** Throws INVALID_ARGUMENT in Batch's own form unless `holds`. `field` is a path in proto names. */
export function rule(holds: boolean, field: string, why: string): asserts holds {
  if (!holds) throw fieldIsInvalid(field, why);
}

/** That an integer, where given, lies in a range. */
export function inRange(
  value: string | number | undefined,
  least: number,
  most: number,
  field: string,
): void {
  if (value === undefined) return;
  const number = Number(value);
  rule(
    number >= least && number <= most,
    field,
    `${field} must be in the range [${least}, ${most}], got ${value}`,
  );
}
