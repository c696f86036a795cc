import { container, jobOf, type Probe, reportVolumes, script, TELL } from "../probe.ts";

/** Nothing special: succeeds on the image that jobs of scripts get. */
export const success: Probe = {
  name: "success",
  about: "a script that succeeds",
  machine: "e2-small",
  minutes: 2,
  job: (site) =>
    jobOf(site, {
      runnables: [script(`echo to-stdout; echo to-stderr >&2; sleep ${site.seconds(15, 0.3)}`)],
      job: { labels: { "fc-kind": "success" } },
    }),
};

/** What task I of `exitCodes` ends with. */
export const EXPECTED_CODES: readonly number[] = [3, 127, 139, 143, 0];

/** All tasks on one machine, ending in the same moment: so that the first failure does not stop the others. */
export const exitCodes: Probe = {
  name: "exit-codes",
  about: "tasks that exit 3, 127, 139, 143 and 0 in the same moment",
  machine: "e2-medium",
  minutes: 2,
  job(site) {
    const every = site.seconds(30, 2);
    return jobOf(site, {
      runnables: [
        script(`sleep $(( ${every} - $(date +%s) % ${every} ))
case "$BATCH_TASK_INDEX" in
  0) exit 3 ;;
  1) bioagent-no-such-command ;;
  2) kill -SEGV $$ ;;
  3) kill -TERM $$ ;;
esac`),
      ],
      spec: { computeResource: { cpuMilli: "250", memoryMib: "512" } },
      group: { taskCount: String(EXPECTED_CODES.length), taskCountPerNode: String(EXPECTED_CODES.length) },
      policy: { machineType: "e2-medium" },
    });
  },
};

/** More than one page of tasks by default. */
export const MANY_TASKS = 520;

/** The first of many tasks fails; runnables with `ignoreExitStatus` and `alwaysRun`. */
export const stopped: Probe = {
  name: "stopped",
  about: `${MANY_TASKS} tasks one after the other, of which the first fails`,
  machine: "e2-small",
  minutes: 2,
  job: (site) =>
    jobOf(site, {
      runnables: [
        script("exit 7", { ignoreExitStatus: true }),
        script(`${TELL}tell ignored went-on\nexit 4`),
        script(`${TELL}tell skipped ran`),
        script(`${TELL}tell always ran\ntell end 1`, { alwaysRun: true }),
      ],
      spec: { volumes: reportVolumes(site, "stopped") },
      group: { taskCount: String(MANY_TASKS), parallelism: "1" },
    }),
};

/** Over the task's own time. */
export const taskTimeout: Probe = {
  name: "task-timeout",
  about: "a task that runs over maxRunDuration",
  machine: "e2-small",
  minutes: 4,
  job: (site) =>
    jobOf(site, {
      runnables: [
        script(`${TELL}tell begun 1\nsleep 600`),
        script(`${TELL}tell always ran\ntell end 1`, { alwaysRun: true }),
      ],
      spec: { maxRunDuration: `${site.seconds(60, 1)}s`, volumes: reportVolumes(site, "task-timeout") },
    }),
};

/** Over one runnable's time. */
export const runnableTimeout: Probe = {
  name: "step-timeout",
  about: "a runnable that runs over its timeout",
  machine: "e2-small",
  minutes: 4,
  job: (site) =>
    jobOf(site, {
      runnables: [
        script(`${TELL}tell begun 1\nsleep 600`, { timeout: `${site.seconds(60, 1)}s` }),
        script(`${TELL}tell always ran\ntell end 1`, { alwaysRun: true }),
      ],
      spec: { volumes: reportVolumes(site, "step-timeout") },
    }),
};

export const missingImage: Probe = {
  name: "no-image",
  about: "a container whose image is not there",
  asksForImage: true,
  machine: "e2-small",
  minutes: 3,
  job: (site) =>
    jobOf(site, {
      runnables: [container("true", { imageUri: "mirror.gcr.io/library/bioagent-no-such-image:1" })],
    }),
};
