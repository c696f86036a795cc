/** A runnable that is right. */
export const runnable = { script: { text: "true" } };

/** A job that is right but for `extra`. */
export const jobWith = (extra: object): object => ({
  taskGroups: [{ taskSpec: { runnables: [runnable] } }],
  ...extra,
});

const group = (extra: object): object => ({
  taskGroups: [{ taskSpec: { runnables: [runnable] }, ...extra }],
});
const spec = (extra: object): object => ({ taskGroups: [{ taskSpec: { runnables: [runnable], ...extra } }] });
const run = (one: object): object => ({ taskGroups: [{ taskSpec: { runnables: [one] } }] });
const policy = (extra: object): object => jobWith({ allocationPolicy: extra });
const inPlaces = (...allowedLocations: string[]): object => policy({ location: { allowedLocations } });
const labels = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
const volume = (one: object): object => spec({ volumes: [one] });
const notification = (one: object): object => jobWith({ notifications: [one] });
const retry = { action: "RETRY_TASK", actionCondition: { exitCodes: [1] } };
const topic = "projects/p/topics/t";

/** What is wrong, a job with it, and what the refusal says. */
export const BROKEN: readonly (readonly [string, object, RegExp])[] = [
  ["no task group", {}, /^job\.task_groups field is invalid\. exactly one task group/],
  [
    "two task groups",
    { taskGroups: [{ taskSpec: {} }, { taskSpec: {} }] },
    /exactly one task group must be specified, got 2/,
  ],
  ["no task spec", { taskGroups: [{}] }, /^job\.task_groups\[0\]\.task_spec field is invalid/],
  ["no runnable", { taskGroups: [{ taskSpec: {} }] }, /at least one runnable/],
  ["an empty runnable", run({}), /exactly one of container, script and barrier/],
  ["a container without image", run({ container: {} }), /container\.image_uri field is invalid/],
  ["a script without text", run({ script: { text: "" } }), /a path or a text/],
  ["a barrier's bad name", run({ barrier: { name: "A B" } }), /barrier\.name field is invalid/],
  ["a negative timeout", run({ ...runnable, timeout: "-1s" }), /must not be negative/],
  ["a variable's bad name", spec({ environment: { variables: { "A-B": "" } } }), /"A-B" is not a valid name/],
  [
    "a runnable variable's bad name",
    run({ ...runnable, environment: { variables: { "1A": "" } } }),
    /"1A" is not/,
  ],
  [
    "a secret that is no version",
    spec({ environment: { secretVariables: { TOKEN: "projects/p/secrets/token" } } }),
    /environment\.secret_variables field is invalid\. "TOKEN" must be projects\/PROJECT\/secrets/,
  ],
  [
    "too many tasks",
    group({ taskCount: 100_001 }),
    /task_count must be in the range \[1, 100000\], got 100001/,
  ],
  ["a negative number of tasks", group({ taskCount: -1 }), /task_count must be in the range/],
  [
    "too many at once",
    group({ parallelism: 5001 }),
    /parallelism must be in the range \[1, 5000\], got 5001/,
  ],
  [
    "in order, two at once",
    group({ schedulingPolicy: "IN_ORDER", parallelism: 2 }),
    /parallelism must be 1 if the scheduling_policy is IN_ORDER/,
  ],
  [
    "too many environments",
    group({ taskEnvironments: Array.from({ length: 201 }, () => ({})) }),
    /more than the limit of 200/,
  ],
  [
    "environments against count",
    group({ taskCount: 3, taskEnvironments: [{}] }),
    /1 entries, but task_count is 3/,
  ],
  ["too many retries", spec({ maxRetryCount: 11 }), /max_retry_count must be in the range \[0, 10\], got 11/],
  ["a negative duration", spec({ maxRunDuration: "-5s" }), /max_run_duration field is invalid/],
  ["no CPU", spec({ computeResource: { cpuMilli: -1 } }), /cpu_milli must be in the range/],
  ["two lifecycle policies", spec({ lifecyclePolicies: [retry, retry] }), /only one lifecycle policy/],
  [
    "a policy without action",
    spec({ lifecyclePolicies: [{ actionCondition: { exitCodes: [1] } }] }),
    /an action must be specified/,
  ],
  [
    "a policy without codes",
    spec({ lifecyclePolicies: [{ action: "FAIL_TASK" }] }),
    /at least one exit code/,
  ],
  ["a volume without source", volume({ mountPath: "/mnt" }), /a source must be specified/],
  ["a volume without path", volume({ gcs: { remotePath: "b" } }), /mount_path field is invalid/],
  [
    "NFS without a path",
    volume({ nfs: { server: "10.0.0.1" }, mountPath: "/mnt" }),
    /nfs\.remote_path field/,
  ],
  ["NFS without a server", volume({ nfs: { remotePath: "/x" }, mountPath: "/mnt" }), /nfs\.server field/],
  [
    "a bucket as URL",
    volume({ gcs: { remotePath: "gs://b" }, mountPath: "/mnt" }),
    /name of a bucket, without gs:/,
  ],
  ["a reserved label", jobWith({ labels: { "goog-x": "v" } }), /label key "goog-x" is reserved/],
  ["a predefined label", policy({ labels: { "batch-job-id": "v" } }), /label key "batch-job-id" is reserved/],
  ["a label key in capitals", jobWith({ labels: { Run: "v" } }), /label key "Run" must be/],
  ["a long label value", jobWith({ labels: { run: "v".repeat(64) } }), /label value .* must be at most 63/],
  ["a runnable's label", run({ ...runnable, labels: { "1": "v" } }), /label key "1" must be/],
  ["too many labels", jobWith({ labels: labels(64) }), /64 custom labels are more than the limit of 63/],
  [
    "too many labels of VMs",
    policy({ labels: labels(62) }),
    /62 custom labels are more than the limit of 61/,
  ],
  ["a priority of 100", jobWith({ priority: 100 }), /priority must be in the range \[0, 99\]/],
  [
    "two regions",
    inPlaces("regions/us-central1", "zones/us-west1-a", "zones/us-east1-b"),
    /^job\.allocation_policy field is invalid\. all specified locations end up in more than one regions \[us-central1 us-east1 us-west1\]\.$/,
  ],
  ["another region", inPlaces("zones/us-west1-a"), /are in region us-west1, but the job is in us-central1/],
  ["a bare zone", inPlaces("us-central1-a"), /neither regions\/REGION nor zones\/ZONE/],
  ["two instance policies", policy({ instances: [{}, {}] }), /only one entry is supported/],
  [
    "no address, no network",
    policy({ network: { networkInterfaces: [{ noExternalIpAddress: true }] } }),
    /^no_external_ip_address field is invalid\. both network and subnetwork have to be specified when no_external_ip_address is true$/,
  ],
  ["logs to no path", jobWith({ logsPolicy: { destination: "PATH" } }), /logs_path field is invalid/],
  ["a topic's bare name", notification({ pubsubTopic: "t" }), /pubsub_topic field is invalid/],
  [
    "a notification of both",
    notification({
      pubsubTopic: topic,
      message: { type: "JOB_STATE_CHANGED", newJobState: "FAILED", newTaskState: "FAILED" },
    }),
    /must not both be specified/,
  ],
  [
    "a notification of the other",
    notification({ pubsubTopic: topic, message: { type: "JOB_STATE_CHANGED", newTaskState: "FAILED" } }),
    /needs the type TASK_STATE_CHANGED/,
  ],
  [
    "more than 1 MiB",
    jobWith({ logsPolicy: { logsPath: "x".repeat(1_048_576) } }),
    /more than the limit of 1048576/,
  ],
];
