import type { AllocationPolicyDefinition } from "./definition.ts";
import { checkLabelCount, checkLabels } from "./labels.ts";
import { rule } from "./rule.ts";

const FIELD = "job.allocation_policy";
const REGION = /^regions\/([a-z]+-[a-z]+\d+)$/;
const ZONE = /^zones\/([a-z]+-[a-z]+\d+)-[a-z]$/;

/** VMs, disks and GPUs have room for two labels less than jobs: Batch sets its own there. */
const MAX_LABELS = 61;

/** That VMs could be had by this policy for a job in `location`. */
export function checkAllocation(policy: AllocationPolicyDefinition, location: string): void {
  checkLocations(policy.location?.allowedLocations ?? [], location);
  rule((policy.instances?.length ?? 0) <= 1, `${FIELD}.instances`, "only one entry is supported");
  checkNetwork(policy);
  checkLabels(policy.labels, `${FIELD}.labels`);
  checkLabelCount([policy.labels], MAX_LABELS, `${FIELD}.labels`);
}

function checkLocations(allowed: readonly string[], location: string): void {
  const regions = [...new Set(allowed.map(regionOf))].sort();
  // The text is the service's own (broadinstitute/cromwell 7708).
  rule(
    regions.length <= 1,
    FIELD,
    `all specified locations end up in more than one regions [${regions.join(" ")}].`,
  );
  const [region = location] = regions;
  // Since 2026-07-31 for new projects, for all from 2027-06-30 (job.proto).
  rule(
    region === location,
    FIELD,
    `the specified locations are in region ${region}, but the job is in ${location}.`,
  );
}

function regionOf(place: string): string {
  const region = (REGION.exec(place) ?? ZONE.exec(place))?.[1];
  rule(region !== undefined, FIELD, `"${place}" is neither regions/REGION nor zones/ZONE.`);
  return region;
}

function checkNetwork({ network }: AllocationPolicyDefinition): void {
  const interfaces = network?.networkInterfaces ?? [];
  rule(interfaces.length <= 1, `${FIELD}.network`, "only one network interface is supported");
  for (const one of interfaces) {
    // The text is the service's own (broadinstitute/cromwell 7781).
    rule(
      !one.noExternalIpAddress || Boolean(one.network && one.subnetwork),
      "no_external_ip_address",
      "both network and subnetwork have to be specified when no_external_ip_address is true",
    );
  }
}
