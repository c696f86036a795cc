/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly measured: Spread;
  /** What it is held against, measured in the same run; a text where it could not be. */
  readonly reference: (Spread & { readonly name: string }) | string | null;
  /** Measured by reference, or one size by another. */
  readonly ratio: number | null;
  readonly budget: string | null;
  /** Null: no budget, or nothing to hold it against. */
  readonly holds: boolean | null;
  /** A time on a machine that may be busy with other things: shown, and no reason to fail. */
  readonly soft?: boolean;
}

/** What some repetitions gave, in one unit. */
export interface Spread {
  readonly unit: string;
  readonly values: readonly number[];
}

export interface Bench {
  readonly name: string;
  run(options?: BenchOptions): Promise<Row[]>;
}

export interface BenchOptions {
  /** The largest sizes too, and nothing shortened. */
  readonly full: boolean;
}

export const once = (value: number, unit: string): Spread => ({ unit, values: [value] });

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The middle of the ratios of what was measured side by side: what slows the whole machine down slows both. */
export const pairedRatio = (measured: readonly number[], reference: readonly number[]): number =>
  median(measured.map((value, at) => value / reference[at % reference.length]!));

/** Milliseconds of the work. */
export async function timed(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
