import type { NoticeFacts } from "../../src/core/notice.ts";
import type { Message } from "../../src/ports.ts";

const RUN = "2026-02-27_rnaseq_001";

const FACTS: NoticeFacts = {
  run_id: RUN,
  name: "castle-river-mountain-forest",
  pipeline: "rnaseq",
  status: "completed",
  outcome: "all_succeeded",
  status_line: "✅ 10/10 succeeded",
  output: `gs://my-bucket/output/${RUN}/`,
  executor: "gcp_batch",
  description: "Cohort A",
  details: [],
  more: 0,
  retries: null,
  seconds: 5_400,
  commands: [`bioagent show ${RUN}`],
};

/** A message about the run of the stories; what is not given is that of a run that went well. */
export function message(
  event: Message["event"],
  facts: Partial<NoticeFacts> = {},
  flags: { possible_repeat?: boolean; test?: boolean } = {},
): Message {
  return {
    notice_id: `${RUN}.1.${event}.run.lab.lab`,
    event,
    facts: { ...FACTS, ...facts },
    possible_repeat: flags.possible_repeat ?? false,
    test: flags.test ?? false,
    round: 1,
    tries: 1,
    created_at: "2026-02-27T12:00:00.000Z",
    kept: {},
    view: async () => null,
  };
}

const OOM =
  "sample02: salmon_quant skipped (oom). Exit code 137 indicates OOM. 8 GiB, 16 GiB and 32 GiB were not enough; the rule allows 2 retries. Skipping sample02.";
const WHY = [`bioagent why ${RUN}`, `bioagent retry ${RUN} --failed`];

/** One message for each way a run can go, by the name of its golden file. */
export const STORIES: Readonly<Record<string, Message>> = {
  "all-succeeded": message("run.completed"),
  "some-skipped": message("run.completed", {
    outcome: "some_skipped",
    status_line: "✅ 9/10 succeeded, ⏭ 1 skipped",
    details: [OOM],
    retries: "2 for oom, 1 for preempted (free)",
    commands: [`bioagent why ${RUN} salmon_quant-sample02`, `bioagent retry ${RUN} --sample sample02`],
  }),
  "some-failed": message("run.completed", {
    outcome: "some_failed",
    status_line: "✅ 7/10 succeeded, ❌ 2 failed, ⏭ 1 skipped, step multiqc failed",
    details: [
      OOM,
      "sample05: star_align failed (not_executable). Exit code 127: STAR was not found. Install it or name an image with it.",
      "sample07: star_align failed (not_executable). Exit code 127: STAR was not found. Install it or name an image with it.",
      "multiqc failed (missing_output). It ended with exit code 0 but made no multiqc/report.html.",
    ],
    more: 3,
    retries: "2 for oom",
    seconds: 183,
    commands: WHY,
  }),
  "all-failed": message("run.failed", {
    status: "failed",
    outcome: "all_failed",
    status_line: "✅ 0/2 succeeded, ❌ 2 failed",
    details: ["sample01, sample02: fastqc failed (permission). The provider refused the creation."],
    seconds: 42,
    commands: WHY,
  }),
  aborted: message("run.failed", {
    status: "failed",
    outcome: "aborted",
    status_line: "✅ 0/200 succeeded, ❌ 10 failed, ⏭ 190 skipped",
    details: [
      "Stopped by the canary: the first 10 jobs of fastqc all failed with exit code 2 (app), so 190 were not started.",
    ],
    retries: "3 for app",
    seconds: 75,
    commands: WHY,
  }),
  cancelled: message("run.cancelled", {
    status: "cancelled",
    outcome: "cancelled",
    status_line: "✅ 4/10 succeeded, ⏭ 6 skipped",
    details: ["Cancelled by ada@lab.org: wrong reference."],
    seconds: 90_061,
    commands: [`bioagent retry ${RUN}`],
  }),
  started: message("run.started", {
    status: "running",
    outcome: null,
    status_line: "10 samples, 5 steps, 46 jobs",
    seconds: null,
    commands: [`bioagent watch ${RUN}`],
  }),
  waiting: message("run.waiting", {
    status: "running",
    outcome: null,
    status_line: "✅ 3/10 succeeded",
    details: [
      "Waiting for quota since 10:30 UTC: CPUS in us-central1 is used up. Nothing is lost; it goes on by itself.",
    ],
    seconds: 2_400,
    commands: [`bioagent show ${RUN}`],
  }),
};

/** Right-to-left text, a family, a flag, a heart with its variation, a letter of two code points. */
export const PEOPLES_LINE = "שלום عينة sample_1 👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈 ❤️ e\u0301 試料";

/** Text that has broken other notifiers: mentions, markup, fences, line breaks, terminal codes, direction marks. */
export const HOSTILE_LINES = [
  "<!channel> <!here|x> <@U123ABC> <#C123> <https://evil.example/|click>",
  "*bold* _it_ ~no~ `code` ```fence``` &amp; &lt;!channel&gt;",
  "line one\nline two\r\nRun: forged\u2028Status: forged\u0085next",
  "\u001b[31mred\u001b[0m \u0007bell \u0000nul \u202egnp.exe",
  "half \ud83e of a pair",
  `${"very long ".repeat(2_000)}end`,
  "&".repeat(4_000),
  '"\\'.repeat(3_000),
];
