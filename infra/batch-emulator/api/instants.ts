import type { Chance } from "../model.ts";
import { timestampText } from "../validate/timestamp.ts";

/** The next instant, as text. */
export type Instants = () => string;

/**
 * The clock with nanoseconds that chance adds, each instant later than the one before. The last three digits are never all zero,
 * so that all have nine and sort as text.
 */
export function instantsOf(chance: Chance): Instants {
  let last = 0n;
  return () => {
    const below = Math.floor(chance.random() * 999_000);
    const drawn = BigInt(Math.floor(chance.now())) * 1_000_000n + BigInt(below);
    const next = drawn > last ? drawn : last + 1000n;
    last = next - (next % 1000n) + 1n + (BigInt(below) % 999n);
    return timestampText({
      seconds: String(last / 1_000_000_000n),
      nanos: Number(last % 1_000_000_000n),
    });
  };
}
