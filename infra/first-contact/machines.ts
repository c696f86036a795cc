import type { Answer, Http } from "./http.ts";
import { type ContactSettings, isEmulated } from "./settings.ts";

/** What is done to the machine of a task. */
export interface Machines {
  /**
   * Of a Spot VM: a simulated maintenance event preempts it.
   * https://cloud.google.com/compute/docs/instances/create-use-spot#test_settings
   */
  preempt(machine: Machine): Promise<Answer>;
  remove(machine: Machine): Promise<Answer>;
  /** The region with its quotas; null where machines are not counted. */
  readonly region: (() => Promise<Answer>) | null;
}

export interface Machine {
  /** The id of the job whose task it runs. */
  readonly job: string;
  readonly zone: string;
  /** Compute Engine takes a machine's number where it takes its name. */
  readonly instance: string;
}

/** Of Compute Engine; where there is none beside an emulator, by the emulator's own hand. */
export function createMachines(http: Http, settings: ContactSettings): Machines | null {
  const base = settings.endpoints.compute;
  if (base === null) return isEmulated(settings) ? emulatedMachines(http, settings.endpoints.batch) : null;
  const root = `/compute/v1/projects/${settings.project}`;
  const path = ({ zone, instance }: Machine): string => `${root}/zones/${zone}/instances/${instance}`;
  return {
    preempt: (machine) => http({ base, method: "POST", path: `${path(machine)}/simulateMaintenanceEvent` }),
    remove: (machine) => http({ base, method: "DELETE", path: path(machine) }),
    region: () => http({ base, method: "GET", path: `${root}/regions/${settings.region}` }),
  };
}

/** What `bioagent emulate-batch` does on demand to the machine of a job. */
function emulatedMachines(http: Http, base: string): Machines {
  const act = (job: string, verb: string): Promise<Answer> =>
    http({ base, method: "POST", path: `/control/jobs/${job}:${verb}` });
  return {
    preempt: ({ job }) => act(job, "preempt"),
    remove: ({ job }) => act(job, "vm-lost"),
    region: null,
  };
}
