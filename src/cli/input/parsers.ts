/** Values of options, read where commander asks: what is thrown here is wrong usage, said with the option's name. */
import { InvalidArgumentError } from "commander";
import { DURATION_FORM, parseDuration } from "../../core/quantity.ts";

/** For options that may be given several times. */
export const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };

/** `2026-02-27`, `2026-02-27T10:00:00Z`, or how long ago: `2d`, `12h`. Gives an instant. */
export function instant(text: string): string {
  const ago = parseDuration(text);
  if (ago !== null) return new Date(Date.now() - ago * 1000).toISOString();
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  const time = /^\d{4}-\d\d-\d\dT/.test(whole) ? Date.parse(whole) : Number.NaN;
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError(
    `Expected a day (2026-02-27), an instant (2026-02-27T10:00:00Z), or how long ago: ${DURATION_FORM}.`,
  );
}
