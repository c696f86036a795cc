/** The table of real cases: what providers and users' threads show, and what must be said of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../src/app/explain.ts";
import { createPatterns } from "../../src/pipelines/patterns.ts";
import { anAttempt } from "../support/documents.ts";

type Row = readonly [
  name: string,
  document: unknown,
  state: string | null,
  failure: string | null,
  exitCode: number | null,
  action: string | null,
];

const J = "projects/1234/locations/us-central1/jobs/j";
const ON = "on zones/us-central1-b/instances/8675309";
const change = (from: string, to: string): string => `Job state is set from ${from} to ${to} for job ${J}.`;
const taskEnd = (code: number, why = "", from = "RUNNING"): string =>
  `Task state is updated from ${from} to FAILED ${ON}${why ? ` due to ${why}` : ""} with exit code ${code}.`;
const jobEnd = (inner: string, from = "RUNNING"): string =>
  `${change(from, "FAILED")}Job failed due to task failure. Specifically, task with index 0 failed due to the following task event: "${inner}"`;
const at = (minute: number, second = 0): string =>
  `2026-03-01T10:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}Z`;
const told = (...texts: string[]): unknown[] =>
  texts.map((description, index) => ({ type: "STATUS_CHANGED", description, eventTime: at(index) }));
const info = (description: string): unknown => ({ type: "OPERATIONAL_INFO", description, eventTime: at(1) });
const job = (state: unknown, ...statusEvents: unknown[]): unknown => ({
  name: J,
  status: { state, statusEvents },
});
const ended = (code: number, why = ""): unknown =>
  job("FAILED", ...told(change("SCHEDULED", "RUNNING"), jobEnd(taskEnd(code, why))));
const taskEvent = (taskState: string, minute: number, code?: number): unknown => ({
  taskState,
  eventTime: at(minute),
  description: code ? taskEnd(code) : `Task state is updated to ${taskState} ${ON}`,
  ...(code ? { taskExecution: { exitCode: code } } : {}),
});
const task = (state: string, ...statusEvents: unknown[]): unknown => ({
  name: `${J}/taskGroups/group0/tasks/0`,
  status: { state, statusEvents },
});
const QUOTA = "CODE_GCE_QUOTA_EXCEEDED: Quota 'PREEMPTIBLE_CPUS' exceeded. Limit: 24.0 in region us-central1";
const STOCKOUT = "CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED: zone us-central1-b has no n2-standard-4";
const sacct = (state: string, exit = "0:0", ...steps: string[]): string =>
  ["JobID|State|ExitCode", `77|${state}|${exit}`, ...steps].join("\n");
const pending = (reason: string): string => `JobID|State|ExitCode|Reason\n77|PENDING|0:0|${reason}`;
const logged = (exit_code: number, log_tail: string): unknown =>
  anAttempt({ status: "failed", executor: "gcp_batch", exit_code, log_tail });

const BATCH_CODES: readonly Row[] = [
  ["50000, no known reason", ended(50000), "failed", "infra", 50000, "retry"],
  ["50001 in the docs' words", ended(50001, "Spot Preemption"), "failed", "preempted", 50001, "retry"],
  [
    "50001 in real words (NF 4225)",
    ended(50001, "Spot VM preemption"),
    "failed",
    "preempted",
    50001,
    "retry",
  ],
  [
    "50002 (syzkaller 5889)",
    ended(50002, "Batch no longer receives VM updates"),
    "failed",
    "infra",
    50002,
    "retry",
  ],
  ["50003", ended(50003, "VM is rebooted during task execution"), "failed", "infra", 50003, "retry"],
  ["50004", ended(50004, "tasks cannot be canceled"), "failed", "infra", 50004, "retry"],
  ["50005", ended(50005, "task runs over the maximum runtime"), "failed", "timeout", 50005, "retry"],
  ["50006", ended(50006, "VM is recreated during task execution"), "failed", "infra", 50006, "retry"],
  ["50007, not documented", ended(50007), "failed", "infra", 50007, "retry"],
  ["59999, the end of the range", ended(59999), "failed", "infra", 59999, "retry"],
  ["1 of a script", ended(1), "failed", "app", 1, "retry"],
  ["125, docker could not start it (CW 7515)", ended(125), "failed", "image", 125, "abort"],
  ["126 (DSUB 326)", ended(126), "failed", "not_executable", 126, "fail"],
  ["127", ended(127), "failed", "not_executable", 127, "fail"],
  ["137 (CW 7205)", ended(137), "failed", "oom", 137, "retry"],
  ["139", ended(139), "failed", "app", 139, "retry"],
  ["143 far from any limit", ended(143), "failed", "app", 143, "retry"],
  ["247 is no OOM code (CW 7786)", ended(247), "failed", "app", 247, "retry"],
  ["124 of timeout(1)", ended(124), "failed", "timeout", 124, "retry"],
  ["140 of a scheduler (biahub 342)", ended(140), "failed", "timeout", 140, "retry"],
  ["255 with no reason", ended(255), "failed", "app", 255, "retry"],
];

const BATCH_STATES: readonly Row[] = [
  ["QUEUED", job("QUEUED"), "submitted", null, null, null],
  ["SCHEDULED as a number", job(2), "submitted", null, null, null],
  [
    "RUNNING after a preempted task",
    job("RUNNING", taskEvent("FAILED", 1, 50001)),
    "running",
    null,
    null,
    null,
  ],
  [
    "SUCCEEDED with a stale 50001 (NF 6779)",
    job("SUCCEEDED", ...told(taskEnd(50001))),
    "succeeded",
    null,
    null,
    null,
  ],
  ["SUCCEEDED as a number", job(4), "succeeded", null, null, null],
  ["FAILED with nothing at all", job("FAILED"), "failed", "app", null, "retry"],
  ["FAILED as a number", job("5", ...told(jobEnd(taskEnd(137)))), "failed", "oom", 137, "retry"],
  [
    "FAILED before any task (NF 5550)",
    job("FAILED", ...told(change("QUEUED", "SCHEDULED"), change("SCHEDULED", "FAILED"))),
    "failed",
    "infra",
    null,
    "retry",
  ],
  ["FAILED with an empty list of tasks", { job: job("FAILED"), tasks: [] }, "failed", "infra", null, "retry"],
  [
    "preempted while SCHEDULED (CW 7688)",
    job("FAILED", ...told(jobEnd(taskEnd(50001, "Spot VM preemption", "PENDING"), "SCHEDULED"))),
    "failed",
    "preempted",
    50001,
    "retry",
  ],
  [
    "50002 before RUNNING (CW 7783)",
    job("FAILED", ...told(jobEnd(taskEnd(50002, "", "PENDING"), "SCHEDULED"))),
    "failed",
    "infra",
    50002,
    "retry",
  ],
  [
    "a second 50002 after RUNNING, standard machine",
    job(
      "FAILED",
      taskEvent("RUNNING", 1),
      taskEvent("FAILED", 5, 50002),
      taskEvent("RUNNING", 9),
      taskEvent("FAILED", 14, 50002),
    ),
    "failed",
    "oom",
    50002,
    "retry",
  ],
  [
    "the words of 2024 (CW 7407)",
    job(
      "FAILED",
      ...told(
        `${change("RUNNING", "FAILED")}Job failed due to task failures. For example, task with index 0 failed, failed task event description is ${taskEnd(137)}`,
      ),
    ),
    "failed",
    "oom",
    137,
    "retry",
  ],
  [
    "137 right after a preemption",
    { tasks: [task("FAILED", taskEvent("FAILED", 3, 50001), taskEvent("FAILED", 4, 137))] },
    "failed",
    "preempted",
    137,
    "retry",
  ],
  [
    "137 long after a preemption",
    { tasks: [task("FAILED", taskEvent("FAILED", 3, 50001), taskEvent("FAILED", 9, 137))] },
    "failed",
    "oom",
    137,
    "retry",
  ],
  ["SCHEDULED, quota (DSUB 303)", job("SCHEDULED", info(QUOTA)), "submitted", null, null, "wait"],
  ["SCHEDULED, no machines (NF 7470)", job("SCHEDULED", info(STOCKOUT)), "submitted", null, null, "wait"],
  ["RUNNING with fewer machines than asked", job("RUNNING", info(QUOTA)), "running", null, null, null],
  [
    "CANCELLED by a person",
    job("CANCELLED", ...told(change("SCHEDULED", "RUNNING"), change("RUNNING", "CANCELLATION_IN_PROGRESS"))),
    "cancelled",
    "cancelled_elsewhere",
    null,
    "fail",
  ],
  [
    "CANCELLED by Batch for want of quota",
    job("CANCELLED", ...told(change("QUEUED", "SCHEDULED")), info(QUOTA)),
    "cancelled",
    "infra",
    null,
    "retry",
  ],
  ["CANCELLED without a word", job("CANCELLED"), "cancelled", "cancelled_elsewhere", null, "fail"],
  ["CANCELLATION_IN_PROGRESS is not the end", job("CANCELLATION_IN_PROGRESS"), "running", null, null, null],
  ["DELETION_IN_PROGRESS never hangs", job("DELETION_IN_PROGRESS"), "lost", "lost", null, "fail"],
  ["a state of the future", job("RUNNING_PENDING_FAILED"), null, null, null, "wait"],
  ["a state of the future, in numbers", job(42), null, null, null, "wait"],
  [
    "SCHEDULED_PENDING_FAILED in a text is no state",
    { statusEvents: told(change("SCHEDULED", "SCHEDULED_PENDING_FAILED")) },
    null,
    null,
    null,
    "wait",
  ],
  [
    "task not found (NF 5422)",
    { error: { code: 404, status: "NOT_FOUND", message: `Resource "${J}/tasks/0" was not found` } },
    null,
    null,
    null,
    "wait",
  ],
  [
    "the service is away (NF 6878)",
    { error: { code: 504, status: "DEADLINE_EXCEEDED", message: "late" } },
    null,
    null,
    null,
    "wait",
  ],
  [
    "too many requests",
    { error: { code: 429, message: "Quota exceeded for quota metric" } },
    null,
    null,
    null,
    "wait",
  ],
  [
    "a look that is refused",
    { error: { code: 403, message: "Permission 'batch.jobs.get' denied on resource" } },
    null,
    null,
    null,
    "wait",
  ],
  [
    "creation refused: service account",
    {
      error: {
        code: 403,
        status: "PERMISSION_DENIED",
        message: "caller does not have access to act as the specified service account: sa",
      },
    },
    null,
    "permission",
    null,
    "abort",
  ],
  [
    "creation refused: networks",
    { error: { code: 400, message: "Networks must be distinct for NICs in the same InstanceTemplate" } },
    null,
    "config",
    null,
    "abort",
  ],
  [
    "the organisation forbids it",
    job(
      "FAILED",
      info(
        "Instance i creation failed: Constraint constraints/compute.vmExternalIpAccess violated for project 1234.",
      ),
    ),
    "failed",
    "config",
    null,
    "abort",
  ],
  [
    "the image is denied",
    job("FAILED", info("failed to pull image quay.io/lab/x: pull access denied")),
    "failed",
    "image",
    null,
    "abort",
  ],
  [
    "the registry is busy",
    job("FAILED", info("error pulling image: toomanyrequests: rate exceeded")),
    "failed",
    "infra",
    null,
    "retry",
  ],
  [
    "no agent reported (NF 7291)",
    job("FAILED", info("No VM has agent reporting correctly within time window 1080 seconds")),
    "failed",
    "infra",
    null,
    "retry",
  ],
  [
    "a failed task beside a good one",
    { tasks: [task("SUCCEEDED", taskEvent("FAILED", 9, 50001)), task("FAILED", taskEvent("FAILED", 1, 1))] },
    "failed",
    "app",
    1,
    "retry",
  ],
  [
    "a failed task beside a running one",
    { tasks: [task("RUNNING"), task("FAILED", taskEvent("FAILED", 1, 1))] },
    "running",
    null,
    null,
    null,
  ],
  [
    "the first page of good tasks",
    { tasks: [task("SUCCEEDED")], nextPageToken: "2" },
    null,
    null,
    null,
    "wait",
  ],
  ["tasks that were never executed", { tasks: [task("UNEXECUTED")] }, "failed", "infra", null, "retry"],
  ["no tasks yet", { tasks: [] }, null, null, null, "wait"],
  [
    "a Pub/Sub message",
    { message: { attributes: { Type: "JOB_STATE_CHANGED", NewJobState: "FAILED", JobName: J } } },
    "failed",
    "app",
    null,
    "retry",
  ],
  ["an event's text alone", jobEnd(taskEnd(50001)), "failed", "preempted", 50001, "retry"],
];

const CANCELLING = "CANCELLATION_IN_PROGRESS";
const eventsOnly = (...statusEvents: unknown[]): unknown => ({ status: { statusEvents } });
const ENDS_TOLD: readonly Row[] = [
  [
    "CANCELLED, and nothing else",
    eventsOnly({ description: change(CANCELLING, "CANCELLED") }),
    "cancelled",
    "cancelled_elsewhere",
    null,
    "fail",
  ],
  ["CANCELLED, as a text", change(CANCELLING, "CANCELLED"), "cancelled", "cancelled_elsewhere", null, "fail"],
  [
    "CANCELLED after RUNNING, in any order",
    eventsOnly(
      ...told(
        change("SCHEDULED", "RUNNING"),
        change("RUNNING", CANCELLING),
        change(CANCELLING, "CANCELLED"),
      ).reverse(),
    ),
    "cancelled",
    "cancelled_elsewhere",
    null,
    "fail",
  ],
  [
    "CANCELLED while it waited",
    eventsOnly(...told(change("SCHEDULED", CANCELLING), change(CANCELLING, "CANCELLED"))),
    "cancelled",
    "infra",
    null,
    "retry",
  ],
  [
    "CANCELLED right after a shortage",
    eventsOnly(info(STOCKOUT), ...told(change(CANCELLING, "CANCELLED"))),
    "cancelled",
    "infra",
    null,
    "retry",
  ],
  [
    "CANCELLED long after a shortage",
    eventsOnly(info(QUOTA), { description: change(CANCELLING, "CANCELLED"), eventTime: at(40) }),
    "cancelled",
    "cancelled_elsewhere",
    null,
    "fail",
  ],
  [
    "SUCCEEDED, in any order",
    eventsOnly(...told(change("SCHEDULED", "RUNNING"), change("RUNNING", "SUCCEEDED")).reverse()),
    "succeeded",
    null,
    null,
    null,
  ],
  [
    "SUCCEEDED after a task's failure",
    eventsOnly(taskEvent("FAILED", 0, 50001), {
      description: change("RUNNING", "SUCCEEDED"),
      eventTime: at(9),
    }),
    "succeeded",
    null,
    null,
    null,
  ],
  ["FAILED", eventsOnly(...told(jobEnd(taskEnd(137)))), "failed", "oom", 137, "retry"],
  [
    "FAILED, before a word of another kind",
    eventsOnly(
      ...told(change("SCHEDULED", "RUNNING"), change("RUNNING", "FAILED"), "The machine was deleted."),
    ),
    "failed",
    "app",
    null,
    "retry",
  ],
  ["RUNNING is a history", eventsOnly(...told(change("SCHEDULED", "RUNNING"))), null, null, null, "wait"],
  [
    "RUNNING_PENDING_FAILED is no end",
    eventsOnly(...told(change("RUNNING", "RUNNING_PENDING_FAILED"))),
    null,
    null,
    null,
    "wait",
  ],
  [
    "an end that is not the latest change",
    eventsOnly(...told(change("RUNNING", "SUCCEEDED"), change("SUCCEEDED", "DELETION_IN_PROGRESS"))),
    null,
    null,
    null,
    "wait",
  ],
  [
    "a state that is given comes first",
    job("RUNNING", ...told(change("RUNNING", "FAILED"))),
    "running",
    null,
    null,
    null,
  ],
];

const withTasks = (own: unknown[], ...tasks: unknown[]): unknown => ({ job: job("FAILED", ...own), tasks });
const STALE_FAILURES: readonly Row[] = [
  ...["SUCCEEDED", "RUNNING", "PENDING"].map(
    (later): Row => [
      `50001, then ${later}`,
      withTasks([], task("FAILED", taskEvent(later, 5), taskEvent("FAILED", 1, 50001))),
      "failed",
      "app",
      null,
      "retry",
    ],
  ),
  [
    "the task alone",
    { tasks: [task("FAILED", taskEvent("FAILED", 1, 50001), taskEvent("RUNNING", 5))] },
    "failed",
    "app",
    null,
    "retry",
  ],
  [
    "the job's own words count",
    withTasks(
      told(jobEnd(taskEnd(137))),
      task("FAILED", taskEvent("FAILED", 1, 50001), taskEvent("RUNNING", 5)),
    ),
    "failed",
    "oom",
    137,
    "retry",
  ],
  [
    "among the job's own events",
    job("FAILED", taskEvent("FAILED", 1, 50001), taskEvent("RUNNING", 5), {
      description: change("RUNNING", "FAILED"),
      eventTime: at(9),
    }),
    "failed",
    "app",
    null,
    "retry",
  ],
  [
    "in texts alone",
    job(
      "FAILED",
      ...told(taskEnd(50001), `Task state is updated from ASSIGNED to RUNNING ${ON}`),
      ...[{ description: change("RUNNING", "FAILED"), eventTime: at(9) }],
    ),
    "failed",
    "app",
    null,
    "retry",
  ],
  [
    "each task for itself",
    withTasks(
      [],
      task("FAILED", taskEvent("FAILED", 1, 2)),
      task("FAILED", taskEvent("FAILED", 3, 50001), taskEvent("RUNNING", 5)),
    ),
    "failed",
    "app",
    2,
    "retry",
  ],
  [
    "a last failure stands",
    withTasks([], task("FAILED", taskEvent("RUNNING", 1), taskEvent("FAILED", 5, 50001))),
    "failed",
    "preempted",
    50001,
    "retry",
  ],
  [
    "a failure without a time is not known to be before",
    withTasks(
      [],
      task("FAILED", taskEvent("RUNNING", 1), { taskState: "FAILED", taskExecution: { exitCode: 137 } }),
    ),
    "failed",
    "oom",
    137,
    "retry",
  ],
];

const endedAt = (code: number, minute: number): unknown =>
  task("FAILED", taskEvent("RUNNING", 0), taskEvent("FAILED", minute, code));
const SEVERAL_TASKS: readonly Row[] = [
  ...(
    [
      ["out of memory before a preemption", [137, 50001], "oom", 137, "retry"],
      ["the script's own before a lost machine", [3, 50002], "app", 3, "retry"],
      ["out of memory before the script's own", [137, 3], "oom", 137, "retry"],
      ["an image that cannot be pulled before all", [125, 137, 50005, 1], "image", 125, "abort"],
      ["a missing program before a time limit", [127, 50005], "not_executable", 127, "fail"],
      ["of the same class, the later", [3, 4], "app", 4, "retry"],
    ] as const
  ).flatMap(([name, codes, failure, code, action]): Row[] => {
    // Ten minutes apart: what is near a preemption is its effect.
    const tasks = codes.map((one, at) => endedAt(one, 10 * (at + 1)));
    return [
      [name, { tasks }, "failed", failure, code, action],
      [`${name}, beside their job`, withTasks([], ...tasks.toReversed()), "failed", failure, code, action],
    ];
  }),
  [
    "machines lost under two tasks, once each, are no lack of memory",
    { tasks: [endedAt(50002, 5), endedAt(50002, 14)] },
    "failed",
    "infra",
    50002,
    "retry",
  ],
  [
    "a kill beside another task's preemption is its effect",
    { tasks: [endedAt(137, 5), endedAt(50001, 6)] },
    "failed",
    "preempted",
    50001,
    "retry",
  ],
];

const SLURM: readonly Row[] = [
  ["OUT_OF_MEMORY", sacct("OUT_OF_MEMORY", "0:125"), "failed", "oom", 137, "retry"],
  [
    "an OOM in the batch step only",
    sacct("FAILED", "1:0", "77.batch|OUT_OF_MEMORY|0:125"),
    "failed",
    "oom",
    1,
    "retry",
  ],
  [
    "exit 0 although a step was killed",
    sacct("COMPLETED", "0:0", "77.0|OUT_OF_MEMORY|0:125"),
    "failed",
    "oom",
    137,
    "retry",
  ],
  ["0:9 without cgroups", sacct("FAILED", "0:9"), "failed", "oom", 137, "retry"],
  ["0:11", sacct("FAILED", "0:11"), "failed", "app", 139, "retry"],
  ["3:0", sacct("FAILED", "3:0"), "failed", "app", 3, "retry"],
  ["127:0", sacct("FAILED", "127:0"), "failed", "not_executable", 127, "fail"],
  ["0:53, its files cannot be opened", sacct("FAILED", "0:53"), "failed", "infra", null, "retry"],
  ["TIMEOUT", sacct("TIMEOUT", "0:0", "77.batch|CANCELLED|0:15"), "failed", "timeout", 143, "retry"],
  ["DEADLINE", sacct("DEADLINE"), "failed", "timeout", null, "retry"],
  ["PREEMPTED (submitit 1770)", sacct("PREEMPTED"), "failed", "preempted", null, "retry"],
  [
    "PREEMPTED, then back in the queue (SMSL 109)",
    `${sacct("PREEMPTED")}\n77|PENDING|0:0`,
    "submitted",
    null,
    null,
    null,
  ],
  ["NODE_FAIL (NF 3422)", sacct("NODE_FAIL", "1:0"), "failed", "infra", 1, "retry"],
  ["BOOT_FAIL", sacct("BOOT_FAIL"), "failed", "infra", null, "retry"],
  ["CANCELLED by 0", sacct("CANCELLED by 0"), "cancelled", "cancelled_elsewhere", null, "fail"],
  ["REVOKED", sacct("REVOKED"), "cancelled", "cancelled_elsewhere", null, "fail"],
  ["COMPLETED", sacct("COMPLETED"), "succeeded", null, 0, null],
  ["RUNNING", sacct("RUNNING"), "running", null, null, null],
  ["SUSPENDED", sacct("SUSPENDED"), "running", null, null, null],
  ["COMPLETING is not the end", sacct("COMPLETING"), "running", null, null, null],
  ["STAGE_OUT", sacct("STAGE_OUT"), "running", null, null, null],
  ["SIGNALING", sacct("SIGNALING"), "running", null, null, null],
  ["STOPPED", sacct("STOPPED"), "running", null, null, null],
  ["CONFIGURING", sacct("CONFIGURING"), "submitted", null, null, null],
  ["REQUEUED", sacct("REQUEUED"), "submitted", null, null, null],
  ["SPECIAL_EXIT", sacct("SPECIAL_EXIT"), "submitted", null, null, null],
  ["RESV_DEL_HOLD", sacct("RESV_DEL_HOLD"), "submitted", null, null, null],
  ["a state of the future", sacct("MELTED"), null, null, null, "wait"],
  ["waiting for a machine", pending("Resources"), "submitted", null, null, "wait"],
  ["waiting for others", pending("Priority"), "submitted", null, null, "wait"],
  ["over its quota", pending("QOSMaxJobsPerUserLimit"), "submitted", null, null, "wait"],
  ["not before a time", pending("BeginTime"), "submitted", null, null, "wait"],
  [
    "a dependency that can never be met",
    pending("DependencyNeverSatisfied"),
    "submitted",
    null,
    null,
    "fail",
  ],
  ["cut short: OUT_OF_ME+", "77 star batch lab 4 OUT_OF_ME+ 0:125", "failed", "oom", 137, "retry"],
  [
    "cut short: CANCELLED+",
    "77 star batch lab 4 CANCELLED+ 0:0",
    "cancelled",
    "cancelled_elsewhere",
    null,
    "fail",
  ],
  ["cut too short to tell", sacct("RE+"), null, null, null, "wait"],
];

const LOGS: readonly Row[] = [
  [
    "kernel",
    logged(1, "slurmstepd: error: Detected 1 oom-kill event(s) in step 1.batch cgroup."),
    "failed",
    "oom",
    1,
    "retry",
  ],
  [
    "kernel, newer words",
    logged(1, "slurmstepd: error: Detected 1 oom_kill event in StepId=1.batch."),
    "failed",
    "oom",
    1,
    "retry",
  ],
  [
    "Java",
    logged(1, 'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space'),
    "failed",
    "oom",
    1,
    "retry",
  ],
  [
    "C++",
    logged(134, "terminate called after throwing an instance of 'std::bad_alloc'"),
    "failed",
    "oom",
    134,
    "retry",
  ],
  [
    "STAR",
    logged(104, "EXITING because of FATAL ERROR: not enough memory for BAM sorting"),
    "failed",
    "oom",
    104,
    "retry",
  ],
  ["R", logged(1, "Error: cannot allocate vector of size 2.0 Gb"), "failed", "oom", 1, "retry"],
  [
    "a full disk",
    logged(1, "sort: write failed: No space left on device"),
    "failed",
    "disk_full",
    1,
    "retry",
  ],
  [
    "a full quota",
    logged(1, "cp: error writing 'x': Disk quota exceeded"),
    "failed",
    "disk_full",
    1,
    "abort",
  ],
  ["a stale handle", logged(1, "cat: ref.fa: Stale file handle"), "failed", "io", 1, "retry"],
  [
    "a missing module",
    logged(1, "ModuleNotFoundError: No module named 'pysam'"),
    "failed",
    "not_executable",
    1,
    "fail",
  ],
  [
    "a missing program",
    logged(127, "bash: line 3: salmon: command not found"),
    "failed",
    "not_executable",
    127,
    "fail",
  ],
  [
    "a 403 of the script itself",
    logged(22, "curl: (22) The requested URL returned error: 403 Forbidden"),
    "failed",
    "app",
    22,
    "retry",
  ],
];

const patterns = createPatterns();
for (const [where, rows] of Object.entries({
  BATCH_CODES,
  BATCH_STATES,
  ENDS_TOLD,
  STALE_FAILURES,
  SEVERAL_TASKS,
  SLURM,
  LOGS,
})) {
  for (const [name, document, state, failure, exitCode, action] of rows) {
    test(`${where}: ${name}`, () => {
      const text = typeof document === "string" ? document : JSON.stringify(document);
      const said = explain(text, { patterns });
      assert.deepEqual(
        [said.state, said.class, said.exit_code, said.action],
        [state, failure, exitCode, action],
        said.reasoning,
      );
    });
  }
}
