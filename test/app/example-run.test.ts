import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleFacts, exampleRun } from "../../src/app/example-run.ts";
import { Job } from "../../src/core/job.ts";
import { noticeText } from "../../src/core/message.ts";
import { NoticeFacts } from "../../src/core/notice.ts";
import { NOTICE_EVENTS, type NoticeEvent, Run } from "../../src/core/run.ts";
import { isFinalJob, isFinalRun } from "../../src/core/status.ts";

const NOW = "2026-02-27T12:30:00.000Z";
const textOf = (event: NoticeEvent): string =>
  noticeText(event, exampleFacts(event, NOW), { possible_repeat: false, test: false });

for (const event of NOTICE_EVENTS) {
  test(`the example of ${event} is a run as a store could hold it`, () => {
    const { run, jobs } = exampleRun(event, NOW);
    Run.parse(run);
    for (const job of jobs) Job.parse(job);
    NoticeFacts.parse(exampleFacts(event, NOW));
    assert.equal(run.summary.total_jobs, jobs.length);
    if (!isFinalRun(run.status)) return;
    assert.ok(jobs.every((job) => isFinalJob(job.status)));
    assert.equal(run.completed_at, NOW);
    assert.equal(`run.${run.status}`, event);
  });
}

const SAYS: Readonly<Record<NoticeEvent, RegExp>> = {
  "run.started": /^Status: 10 samples, 3 steps, 21 jobs$/m,
  "run.completed":
    /^Status: ✅ 9\/10 succeeded, ⏭ 1 skipped\n(?:.*\n)*⏭ sample02 skipped in star_align: .*OOM/m,
  "run.failed": /^Status: ✅ 0\/10 succeeded, ❌ 10 failed/m,
  "run.cancelled": /^Cancelled by ada@lab\.org\./m,
  "job.skipped": /^⏭ sample02 skipped in star_align: /m,
  "job.retried": /^↻ sample02 retried in star_align: .*16 GiB/m,
  "run.waiting": /^⏳ sample02 waiting in star_align for quota since 2026-02-27 11:59 UTC \(31 min\): CPUS/m,
  "run.stalled": /^• sample06 running in star_align since 2026-02-26/m,
  "run.progress": /^Status: ✅ 4\/10 succeeded, ⏭ 1 skipped$/m,
};

for (const [event, says] of Object.entries(SAYS)) {
  test(`what is told of ${event} is what such a run would say`, () => {
    assert.match(textOf(event as NoticeEvent), says);
  });
}
