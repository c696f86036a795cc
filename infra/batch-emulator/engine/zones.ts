/** The zones of most regions. */
const USUAL = ["a", "b", "c"];

/** Regions with others (https://cloud.google.com/compute/docs/regions-zones, autumn 2026). Zones for AI alone are left out. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "europe-west1": ["b", "c", "d"],
  "us-central1": ["a", "b", "c", "f"],
  "us-east1": ["b", "c", "d"],
};

/** All zones of a region. */
export const zonesOf = (region: string): string[] =>
  (OTHERS[region] ?? USUAL).map((letter) => `${region}-${letter}`);
