import type { Assertion, Need } from "./assertion.ts";
import type { Ground } from "./preflight.ts";
import { type ContactSettings, isEmulated } from "./settings.ts";

/** Why a need is not met, with what would; null when it is. */
const NEEDS: Readonly<Record<Need, (settings: ContactSettings) => string | null>> = {
  bucket: ({ bucket, endpoints }) => {
    if (bucket === null) return "needs a bucket: --bucket NAME";
    return endpoints.storage === null ? "needs --storage-endpoint" : null;
  },
  pubsub: ({ endpoints }) => (endpoints.pubsub === null ? "needs --pubsub-endpoint" : null),
  logging: ({ endpoints }) => (endpoints.logging === null ? "needs --logging-endpoint" : null),
  compute: (settings) =>
    settings.endpoints.compute === null && !isEmulated(settings) ? "needs --compute-endpoint" : null,
  projects: ({ endpoints }) =>
    endpoints.projects === null ? "needs the real service: permissions of a project" : null,
  network: ({ network, subnetwork }) =>
    network && subnetwork ? null : "needs a network without external addresses: --network and --subnetwork",
  mirror: ({ mirror }) =>
    mirror === null ? "needs an Artifact Registry remote of quay.io: --mirror PREFIX" : null,
  reports: ({ bucket, endpoints }) =>
    (bucket !== null && endpoints.storage !== null) || endpoints.logging !== null
      ? null
      : "needs --bucket NAME or Cloud Logging, to hear what a script says",
};

export const needsOf = (assertion: Assertion): Need[] => [
  ...new Set([...(assertion.needs ?? []), ...(assertion.probes ?? []).flatMap((probe) => probe.needs ?? [])]),
];

/** Why an assertion is not checked in this run; null when it is. */
export function skipReason(assertion: Assertion, settings: ContactSettings): string | null {
  if (isEmulated(settings) && assertion.realOnly) return `needs the real service: ${assertion.realOnly}`;
  const unmet = needsOf(assertion)
    .map((need) => NEEDS[need](settings))
    .find((reason) => reason !== null);
  return unmet ?? assertion.unless?.(settings) ?? null;
}

/** What became known only when the services were asked. */
export function lateSkip(assertion: Assertion, { missing }: Ground, hasMail: boolean): string | null {
  const lacking = (assertion.permissions ?? []).filter((permission) => missing?.has(permission));
  if (lacking.length > 0) return `you lack ${lacking.join(", ")} in the project`;
  return needsOf(assertion).includes("pubsub") && !hasMail
    ? "Pub/Sub refused the topic or the subscription"
    : null;
}
