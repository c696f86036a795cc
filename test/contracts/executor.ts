import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Observation } from "../../src/core/observation.ts";
import type { AttemptRef, Executor, Submission } from "../../src/ports.ts";

/** What an executor's own test brings, so that the same promises are held by every kind. */
export interface ExecutorBench {
  readonly executor: Executor;
  /** A submission whose script sees a POSIX shell. */
  submission(script: string, options?: { id?: string; outputs?: readonly string[] }): Submission;
  /** Looks, in the executor's own rhythm, until the attempt has ended. */
  end(ref: AttemptRef): Promise<Observation>;
  /** The run's output as a folder that this test can read; `work.output` itself unless given. */
  folderOf?(work: Submission): string;
  /** What a manifest says of a file with the text `hello`; its SHA-256 unless given. */
  readonly checksumOfHello?: string;
}

const SHA256_OF_HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/** The promises of the `Executor` port. `open` gives a fresh bench, or null after skipping the test by name. */
export function executorContract(
  kind: string,
  open: (t: TestContext) => ExecutorBench | null | Promise<ExecutorBench | null>,
): void {
  const promise = (name: string, body: (bench: ExecutorBench) => Promise<void>) =>
    test(`${kind}: ${name}`, async (t) => {
      const bench = await open(t);
      if (bench) await body(bench);
    });

  promise("exit 0 is seen as succeeded, with its times", async ({ executor, submission, end }) => {
    const work = submission("true\n");
    assert.equal((await executor.submit([work]))[0]?.kind, "submitted");
    const seen = await end(work);
    assert.deepEqual([seen.attempt, seen.status, seen.exit_code], [work.attempt.id, "succeeded", 0]);
    assert.ok(Date.parse(seen.started_at ?? "") <= Date.parse(seen.ended_at ?? ""));
  });

  promise("another exit code is seen as failed, with code and log", async ({ executor, submission, end }) => {
    const work = submission("echo before; echo trouble >&2; exit 3\n");
    await executor.submit([work]);
    const seen = await end(work);
    assert.deepEqual([seen.status, seen.exit_code, seen.verdict ?? null], ["failed", 3, null]);
    assert.equal(seen.log_tail, "before\ntrouble\n");
    assert.equal(await executor.log(work, { lines: 1 }), "trouble\n");
    assert.equal(await executor.log(work, { lines: null }), "before\ntrouble\n");
  });

  promise("the same attempt, submitted again and again, runs once", async ({ executor, submission, end }) => {
    const work = submission(`echo once\n`);
    const results = await Promise.all([executor.submit([work]), executor.submit([work])]);
    assert.deepEqual(
      results.flat().map((result) => result.kind),
      ["submitted", "submitted"],
    );
    await end(work);
    const [again] = await executor.submit([work]);
    assert.equal(again?.kind, "submitted");
    assert.deepEqual(again, results[0]?.[0]);
    assert.equal((await end(work)).log_tail, "once\n");
  });

  promise("results come in order, one for each", async ({ executor, submission, end }) => {
    const works = ["a1", "a2", "a3"].map((id, code) => submission(`exit ${code}\n`, { id: `order-${id}` }));
    const results = await executor.submit(works);
    assert.deepEqual(
      results.map((result) => result.attempt),
      works.map((work) => work.attempt.id),
    );
    for (const work of works) await end(work);
    const seen = await executor.observe(works);
    assert.deepEqual(
      seen.map((one) => one.exit_code),
      [0, 1, 2],
    );
  });

  promise("declared outputs are published, then the manifest", async (bench) => {
    const { executor, submission, end } = bench;
    const work = submission(
      `mkdir "$OUTPUT_DIR/a"; printf hello > "$OUTPUT_DIR/a/x.txt"; touch "$OUTPUT_DIR/y"\n`,
      {
        outputs: ["a/*.txt", "nothing-*"],
      },
    );
    await executor.submit([work]);
    assert.equal((await end(work)).status, "succeeded");
    const folder = bench.folderOf?.(work) ?? work.output;
    assert.equal(readFileSync(join(folder, "a/x.txt"), "utf8"), "hello");
    const manifest = readFileSync(
      join(folder, `.bioagent/${work.job}/a${work.attempt.attempt}.json`),
      "utf8",
    );
    assert.deepEqual(JSON.parse(manifest), {
      attempt: work.attempt.id,
      outputs: [
        {
          pattern: "a/*.txt",
          path: "a/x.txt",
          size: 5,
          checksum: bench.checksumOfHello ?? SHA256_OF_HELLO,
        },
      ],
    });
  });

  promise(
    "an attempt cancelled before it was submitted never runs",
    async ({ executor, submission, end }) => {
      const work = submission("echo ran\n");
      await executor.cancel([work]);
      await executor.cancel([work]);
      assert.notEqual((await executor.submit([work]))[0]?.kind, "refused");
      const seen = await end(work);
      assert.deepEqual([seen.status, seen.ran], ["cancelled", false]);
      assert.equal((await executor.log(work, { lines: null })) ?? "", "");
    },
  );

  promise("a running attempt is ended by cancel", async ({ executor, submission, end }) => {
    const work = submission("sleep 600\n");
    await executor.submit([work]);
    await executor.cancel([work]);
    assert.equal((await end(work)).status, "cancelled");
  });

  promise("cancel after the end changes nothing", async ({ executor, submission, end }) => {
    const work = submission("true\n");
    await executor.submit([work]);
    await end(work);
    await executor.cancel([work]);
    assert.equal((await end(work)).status, "succeeded");
  });

  promise("what was forgotten keeps its log and never runs again", async ({ executor, submission, end }) => {
    const work = submission("echo once\n");
    await executor.submit([work]);
    await end(work);
    await executor.forget([work]);
    await executor.forget([work]);
    assert.notEqual((await executor.submit([work]))[0]?.kind, "refused");
    assert.equal(await executor.log(work, { lines: null }), "once\n");
  });

  promise("an attempt that was only recorded is not judged", async ({ executor, submission }) => {
    const [seen] = await executor.observe([submission("true\n")]);
    assert.equal(seen?.status, null);
  });

  promise("waiting for a change ends when it is told to", async ({ executor }) => {
    await executor.changed(AbortSignal.abort());
  });
}
