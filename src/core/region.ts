/** The form of a Google Cloud region's name; which ones there are, and have Batch, only `locations.list` tells. */
export const REGION = /^[a-z]+-[a-z]+[0-9]+$/;
/** A zone is its region and a letter; Google's AI zones have more: `us-central1-ai1a`. */
const ZONE = /^(?:zones\/)?([a-z]+-[a-z]+[0-9]+)-[a-z0-9]+$/;

/** The region of a zone, with or without `zones/` in front; a text that is no zone is its own, and refused as one. */
export const regionOfZone = (zone: string): string => ZONE.exec(zone)?.[1] ?? zone;

/** Why nothing can ever be created there, or null when a region may have this name. */
export function regionProblem(region: string): string | null {
  if (REGION.test(region)) return null;
  const of = ZONE.exec(region)?.[1];
  const instead =
    of === undefined
      ? "give one such as us-central1"
      : `it is a zone: give ${of}, and name zones in the step's resources`;
  return `${JSON.stringify(region)} is not a region; ${instead}`;
}
