import type { Chance } from "../model.ts";

/** A `Chance` whose place in its sequence can be saved, so that a restart does not repeat what was already given out. */
export interface SeededChance extends Chance {
  /** Where the sequence stands: pass it as `seed` to go on from here. */
  state(): number;
}

/** The real clock, and mulberry32: small, quick, and the same on every machine. `seed` is taken modulo 2^32. */
export function createChance(seed: number, now: () => number = Date.now): SeededChance {
  let state = seed >>> 0;
  return {
    now,
    state: () => state,
    random() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** An integer from `low` up to, not including, `high`. */
export const randomInteger = (chance: Chance, low: number, high: number): number =>
  low + Math.floor(chance.random() * (high - low));

/** So many random decimal digits, the first of them not 0. */
export function randomDigits(chance: Chance, count: number): string {
  let digits = String(randomInteger(chance, 1, 10));
  while (digits.length < count) digits += String(randomInteger(chance, 0, 10));
  return digits;
}

/** So many random characters as they stand in the names of instances. */
export function randomSuffix(chance: Chance, count: number): string {
  const letters = "0123456789bcdfghjklmnpqrstvwxz";
  return Array.from({ length: count }, () => letters[randomInteger(chance, 0, letters.length)]).join("");
}
