import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "../../src/core/job.ts";
import type { Observation } from "../../src/core/observation.ts";
import {
  ATTEMPT_STATUSES,
  type AttemptStatus,
  isFinalAttempt,
  type JobStatus,
} from "../../src/core/status.ts";
import { anAttempt } from "../support/documents.ts";
import { pipelineOf, Scene } from "./scene.ts";

type Seen = Exclude<AttemptStatus, "recorded"> | "unknown";
const SEEN: readonly Seen[] = [
  ...(ATTEMPT_STATUSES.filter((status) => status !== "recorded") as Exclude<AttemptStatus, "recorded">[]),
  "unknown",
];

/** The state of the job between its own attempts, for each state of its last attempt. */
const JOB_OF: Record<AttemptStatus, JobStatus> = {
  recorded: "pending",
  submitted: "submitted",
  running: "running",
  succeeded: "succeeded",
  failed: "skipped",
  cancelled: "cancelled",
  lost: "failed",
};

const same = (status: AttemptStatus) => `${status}/${JOB_OF[status]}`;
const absorbed = (status: AttemptStatus): Record<Seen, string> =>
  Object.fromEntries(SEEN.map((seen) => [seen, same(status)])) as Record<Seen, string>;

/** What an ended attempt makes of its job: verified, retried by the default rules, or ended. */
const ENDS = {
  succeeded: "succeeded/succeeded",
  failed: "failed/pending",
  cancelled: "failed/failed",
  lost: "lost/pending",
};

/** attempt status, then what is seen: attempt/job afterwards. A new status fails to compile until it has its row. */
const ROWS: Record<AttemptStatus, Record<Seen, string>> = {
  recorded: {
    submitted: "submitted/submitted",
    running: "running/running",
    ...ENDS,
    unknown: "recorded/pending",
  },
  submitted: {
    submitted: "submitted/submitted",
    running: "running/running",
    ...ENDS,
    unknown: "submitted/submitted",
  },
  running: { submitted: "running/running", running: "running/running", ...ENDS, unknown: "running/running" },
  succeeded: absorbed("succeeded"),
  failed: absorbed("failed"),
  cancelled: absorbed("cancelled"),
  lost: absorbed("lost"),
};

const T = "2026-02-27T10:00:00Z";

/** A job whose attempt stands so; a second job keeps the run open. */
function sceneAt(status: AttemptStatus, fields: Partial<Job["attempts"][number]> = {}): Scene {
  const scene = new Scene(pipelineOf([{ id: "a", resources: { memory: "8GiB" } }, { id: "b" }]), [
    "s",
    "t",
    "u",
  ]);
  scene.capacity = new Map();
  const { job_id } = scene.job("a-s");
  const started_at = status === "running" ? T : null;
  const attempt = anAttempt({ id: job_id, status, submitted_at: T, started_at, ...fields });
  put(scene, { ...scene.job("a-s"), status: JOB_OF[status], attempts: [attempt] });
  return scene;
}

function put(scene: Scene, job: Job): void {
  const before = scene.job(job.key);
  const summary = { ...scene.run.summary };
  summary[before.status] -= 1;
  summary[job.status] += 1;
  scene.run = { ...scene.run, summary };
  scene.jobs.set(job.key, { ...job, whole: true });
}

function observation(scene: Scene, seen: Seen): Observation {
  switch (seen) {
    case "unknown":
      return scene.of("a-s", { status: null });
    case "succeeded":
      return scene.ok("a-s");
    case "failed":
      return scene.of("a-s", { status: "failed", exit_code: 1 });
    case "lost":
      return scene.of("a-s", { status: "lost", certain: true });
    case "submitted":
    case "running":
    case "cancelled":
      return scene.of("a-s", { status: seen });
    default:
      return seen satisfies never;
  }
}

for (const status of ATTEMPT_STATUSES) {
  for (const seen of SEEN) {
    const wanted = ROWS[status][seen];
    test(`an attempt that is ${status}, seen ${seen}: ${wanted}`, () => {
      const scene = sceneAt(status);
      const pass = scene.advance([observation(scene, seen)]);
      assert.equal(`${scene.attempt("a-s").status}/${scene.job("a-s").status}`, wanted);
      if (isFinalAttempt(status)) assert.deepEqual(pass.jobs, [], "an end is not touched any more");
      const again = scene.advance([observation(scene, seen)]);
      assert.deepEqual(again.jobs, [], "the same, seen again, changes nothing");
    });
  }
}

/** Asked to end, because the run stops: whatever it says, it ends as cancelled, unless it has really succeeded. */
const CANCELLED: Record<Seen, string> = {
  submitted: "submitted/submitted",
  running: "running/running",
  succeeded: "succeeded/succeeded",
  failed: "cancelled/cancelled",
  cancelled: "cancelled/cancelled",
  lost: "cancelled/cancelled",
  unknown: "running/running",
};
for (const seen of SEEN) {
  test(`an attempt that was asked to end, seen ${seen}: ${CANCELLED[seen]}`, () => {
    const from = seen === "submitted" ? "submitted" : "running";
    const scene = sceneAt(from, { cancel_requested_at: T });
    scene.run = {
      ...scene.run,
      stopping: { action: "cancel", reason: "cancelled by alice", since: T, by: "alice" },
    };
    scene.advance([observation(scene, seen)]);
    assert.equal(`${scene.attempt("a-s").status}/${scene.job("a-s").status}`, CANCELLED[seen]);
  });
}

test("exit 0 whose outputs cannot be looked up waits for verification, and nothing else changes", () => {
  const scene = sceneAt("running");
  scene.advance([scene.of("a-s", { status: "succeeded", exit_code: 0 })]);
  assert.deepEqual(
    [scene.job("a-s").status, scene.attempt("a-s").status, scene.job("a-s").waiting?.reason],
    ["running", "running", "verification"],
  );
  scene.advance([scene.ok("a-s")]);
  assert.deepEqual([scene.job("a-s").status, scene.job("a-s").waiting], ["succeeded", null]);
});

test("a file that another attempt left does not count", () => {
  const scene = sceneAt("running");
  const ok = scene.ok("a-s");
  const manifest = { ...ok.verification!.manifest!, attempt: "somebody-elses-a1" };
  scene.advance([{ ...ok, verification: { ...ok.verification!, manifest } }]);
  assert.deepEqual([scene.job("a-s").status, scene.job("a-s").class], ["pending", "missing_output"]);
});

test("an output that is empty, or has another size than was published, is missing", () => {
  for (const size of [0, 2]) {
    const scene = sceneAt("running");
    const ok = scene.ok("a-s");
    const [path] = Object.keys(ok.verification!.sizes);
    scene.advance([{ ...ok, verification: { ...ok.verification!, sizes: { [path!]: size } } }]);
    assert.equal(scene.job("a-s").class, "missing_output");
  }
});

test("an output that is gone, and one that is another file now, are told apart, with what is known of both files", () => {
  const path = "a/s.txt";
  const published = { path, size: 1, checksum: "md5:0cc175b9c0f1b6a831c399e269772661", pattern: path };
  const other = {
    size: 12,
    checksum: "md5:92eb5ffee6ae2fec3ad71c777531578f",
    generation: "1772186400123456",
  };
  const rows = [
    [{ sizes: {} }, "output a/s.txt was published and is not there any more"],
    [
      { sizes: {}, others: { [path]: other } },
      `output a/s.txt is another file now: 1 byte (${published.checksum}) when it was published, now 12 bytes (${other.checksum}, generation ${other.generation})`,
    ],
    [
      { sizes: { [path]: 12 } },
      `output a/s.txt is another file now: 1 byte (${published.checksum}) when it was published, now 12 bytes`,
    ],
  ] as const;
  for (const [found, words] of rows) {
    const scene = sceneAt("running");
    const manifest = { attempt: scene.attempt("a-s").id, outputs: [published] };
    const verification = { manifest, metrics: {}, ...found };
    scene.advance([scene.of("a-s", { status: "succeeded", exit_code: 0, verification })]);
    assert.deepEqual(scene.job("a-s").attempts[0]!.evidence.at(-1), { source: "manifest", text: words });
    assert.equal(scene.job("a-s").class, "missing_output");
  }
});

test("on object storage an output is looked for again for a minute before it counts as missing", () => {
  const scene = sceneAt("running");
  scene.run = { ...scene.run, config: { ...scene.run.config, output: "gs://bucket/out/" } };
  const seen = scene.of("a-s", {
    status: "succeeded",
    exit_code: 0,
    verification: { manifest: null, sizes: {}, metrics: {} },
  });
  const classes: (string | null)[] = [];
  for (const seconds of [0, 30, 29, 1]) {
    scene.wait(seconds);
    scene.advance([seen]);
    classes.push(scene.job("a-s").class);
  }
  assert.deepEqual(classes, [null, null, null, "missing_output"]);
});

test("an attempt of another run, and one that nobody knows, are absorbed", () => {
  const scene = sceneAt("running");
  scene.advance();
  const pass = scene.advance([{ attempt: "bioagent-elsewhere-a1", status: "failed", exit_code: 1 }]);
  assert.equal(pass.changed, false);
});

test("two contradicting ends in one pass: the first one counts", () => {
  const scene = sceneAt("running");
  scene.advance([scene.ok("a-s"), observation(scene, "failed"), observation(scene, "lost")]);
  assert.deepEqual([scene.job("a-s").status, scene.job("a-s").attempts.length], ["succeeded", 1]);
});

test("cancelled by the provider before it ran is infrastructure, and free", () => {
  const scene = sceneAt("submitted");
  scene.advance([scene.of("a-s", { status: "cancelled", ran: false })]);
  const { decision } = scene.job("a-s");
  assert.deepEqual([decision?.class, decision?.action, decision?.free], ["infra", "retry", true]);
});

test("50004 is retried only once the attempt is certainly dead: its time limit and grace have passed", () => {
  const scene = new Scene(pipelineOf([{ id: "a", resources: { time: "1h" } }]), ["s"]);
  scene.advance();
  const unresponsive = () =>
    scene.of("a-s", { status: "failed", exit_code: 50004, started_at: "2026-02-27T10:30:00Z" });
  scene.advance([unresponsive()]);
  assert.deepEqual(
    [scene.attempt("a-s").attempt, scene.job("a-s").waiting?.reason],
    [1, "executor_unreachable"],
  );
  scene.wait(3600 + 599);
  scene.advance([unresponsive()]);
  assert.equal(scene.attempt("a-s").attempt, 1);
  scene.wait(1);
  scene.advance([unresponsive()]);
  assert.deepEqual([scene.attempt("a-s").class, scene.job("a-s").status], ["infra", "pending"]);
});
