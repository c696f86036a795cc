import assert from "node:assert/strict";
import { test } from "node:test";
import { readBatchDocument } from "../../../src/executors/gcp_batch/read-document.ts";

const taskOf = (exitCode: number | null, index: number, state = "FAILED") => ({
  name: `projects/1/locations/l/jobs/j/taskGroups/group0/tasks/${index}`,
  status: {
    state,
    statusEvents: [
      {
        taskState: state,
        eventTime: new Date(Date.UTC(2026, 1, 27, 10, index)).toISOString(),
        ...(exitCode === null ? {} : { taskExecution: { exitCode } }),
      },
    ],
  },
});
const tasksOf = (...codes: (number | null)[]) => codes.map((code, at) => taskOf(code, at));
const noteOf = (document: unknown) => readBatchDocument(document)?.note;

test("how many tasks failed, with which codes, and which of them is judged", () => {
  const good = taskOf(null, 9, "SUCCEEDED");
  assert.equal(
    noteOf({ tasks: [...tasksOf(50001, 3, 50001, null), good] }),
    "4 of 5 tasks failed: 2 with exit code 50001, 1 with exit code 3, 1 without an exit code. Task 1 is judged.",
  );
  assert.equal(noteOf({ tasks: tasksOf(3, 3) }), "2 of 2 tasks failed: 2 with exit code 3.");
  assert.equal(noteOf({ tasks: [...tasksOf(3), good] }), "1 of 2 tasks failed.");
  assert.equal(noteOf({ tasks: tasksOf(3) }), null);
  assert.match(noteOf({ tasks: tasksOf(1, 2, 3, 4, 5, 6, 7) }) ?? "", /1 with exit code 5, 2 with others\./);
  const job = { status: { state: "FAILED" } };
  assert.match(noteOf({ job, tasks: tasksOf(3, 137) }) ?? "", /^2 of 2 tasks failed: .* Task 1 is judged\.$/);
  assert.match(
    noteOf({ tasks: [...tasksOf(3, 4), taskOf(null, 5, "RUNNING")] }) ?? "",
    /^2 of 3 tasks failed: 1 with exit code 3, 1 with exit code 4\. The others/,
  );
});

test("a job without its tasks says by its counts that several failed", () => {
  const job = (FAILED: string) => ({
    status: { state: "FAILED", taskGroups: { group0: { counts: { FAILED, SUCCEEDED: "7" } } } },
  });
  assert.match(noteOf(job("3")) ?? "", /^3 of 10 tasks failed, and the job tells how one of them did/);
  assert.equal(noteOf(job("1")), null);
});

test("the times, and what befell the machine before, are the judged task's", () => {
  const seen = readBatchDocument({ tasks: tasksOf(50002, 50002, 3, 50002) });
  assert.equal(seen?.observation.exit_code, 3);
  assert.equal(seen?.observation.ended_at, "2026-02-27T10:02:00.000Z");
  assert.equal(seen?.vanishedBefore, 0);
});

test("ten thousand tasks that failed are judged in a moment", () => {
  const tasks = Array.from({ length: 10_000 }, (_, at) => taskOf(at % 2 === 0 ? 137 : at % 250, at));
  const begun = performance.now();
  assert.equal(readBatchDocument({ tasks })?.observation.exit_code, 125);
  assert.ok(performance.now() - begun < 10_000);
});
