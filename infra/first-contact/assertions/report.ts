import { byOutcome, unclear, verdict } from "../assertion.ts";
import { stateOf } from "../outcome.ts";
import type { Probe } from "../probe.ts";
import { reportsOf } from "../reports.ts";

/** What `host`'s or `mounts`' scripts told, judged. */
export const report = (
  probe: Probe,
  judge: (told: Readonly<Record<string, string>>) => { holds: boolean; saw: string },
) =>
  byOutcome(probe, async (outcome, contact) => {
    const told = await reportsOf(contact, probe.name, outcome);
    const evidence = { told, outcome: outcome.raw() };
    if (!("end" in told))
      return unclear(`its scripts were not heard to the end; the job ${stateOf(outcome.job)}`, evidence);
    const { holds, saw } = judge(told);
    return verdict(holds, saw, evidence);
  });
