import { type Place, projectNumber } from "./names.ts";
import { type PageRequest, pageOf } from "./page.ts";
import { REGIONS } from "./regions.ts";

/** A `google.cloud.location.Location`. */
export interface Location {
  readonly name: string;
  readonly locationId: string;
  readonly labels: Readonly<Record<string, string>>;
}

export const locationOf = ({ project, location }: Place): Location => ({
  name: `projects/${project}/locations/${location}`,
  locationId: location,
  labels: { "cloud.googleapis.com/region": location },
});

export function listLocations(
  project: string,
  request: PageRequest,
): { readonly locations: Location[]; readonly nextPageToken?: string } {
  const binding = ["locations", projectNumber(project)];
  const entriesAfter = (after: readonly string[] | null): string[] =>
    REGIONS.filter((region) => !after || region > after[0]!);
  const page = pageOf(request, binding, entriesAfter, (region) => [region]);
  return {
    locations: page.items.map((location) => locationOf({ project, location })),
    ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
  };
}
