import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { callerEnvironment, openIn, runToEnd, submissionOf, temporaryFolder } from "./fixture.ts";

const PRINT = `process.stdout.write(require("fs").readFileSync("/proc/self/environ", "utf8").replaceAll("\\0", "\\x1e"))`;
const HOSTILE = {
  NEWLINES: "a\nb\n",
  QUOTES: `'"\\`,
  COMMAND: "$(touch pwned) `touch pwned`; touch pwned & $HOME",
  UNICODE: "é☃𝄞",
  EMPTY: "",
  EQUALS: "=a=b",
  DASH: "-rf *",
};

for (const [what, more] of [
  ["plain names", {}],
  ["names that bash itself uses", { IFS: "x", SECONDS: "12", BASH_ENV: "/nope", RANDOM: "4", UID: "9" }],
] as const) {
  test(`a script's environment is exactly what is declared: ${what}`, async (t) => {
    const folder = temporaryFolder(t);
    // The "shell" is a program that prints its environment, so that no shell adds to it.
    const declared = { ...HOSTILE, ...more };
    const work = submissionOf(folder, PRINT, {
      environment: declared,
      files: { SAMPLES_FILE: "s1\ns2\n" },
      shell: [process.execPath],
    });
    const executor = openIn(folder);
    const seen = await runToEnd(executor, work);
    assert.equal(seen.exit_code, 0, seen.log_tail ?? "");
    const log = readFileSync(new URL(seen.log_uri ?? ""), "utf8");
    const found = Object.fromEntries(
      log
        .split("\x1e")
        .filter(Boolean)
        .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
    const home = join(found["WORK_DIR"] ?? "", "..");
    assert.deepEqual(found, {
      ...declared,
      ...callerEnvironment,
      TMPDIR: join(home, "tmp"),
      WORK_DIR: join(home, "work"),
      OUTPUT_DIR: join(home, "out"),
      RESULTS_DIR: join(folder, "out"),
      SAMPLES_FILE: join(home, "SAMPLES_FILE"),
      BIOAGENT_ATTEMPT: work.attempt.id,
    });
    assert.equal(readFileSync(found["SAMPLES_FILE"]!, "utf8"), "s1\ns2\n");
    await executor.forget([work]);
    assert.ok(!existsSync(home));
  });
}

test("a script starts in its empty WORK_DIR with nothing to read, no open files and default signals", async (t) => {
  const folder = temporaryFolder(t);
  // Its own status is read by the shell itself: while another program starts, dash has all signals blocked.
  const script = `[ "$PWD" = "$WORK_DIR" ]; ls -A "$WORK_DIR" "$OUTPUT_DIR/" "$TMPDIR"; readlink /proc/$$/fd/0; ls -x /proc/$$/fd; while IFS= read -r line; do case $line in Sig[BI]*) echo "$line";; esac; done </proc/$$/status; umask\n`;
  const work = submissionOf(folder, script, { shell: ["sh", "-eu"] });
  const seen = await runToEnd(openIn(folder), work);
  assert.equal(seen.exit_code, 0, seen.log_tail ?? "");
  const log = seen.log_tail ?? "";
  assert.match(log, /\n\/dev\/null\n0\s+1\s+10\s+2\n/); // 10 is dash's own hold on the script
  assert.match(log, /SigBlk:\t0{16}\nSigIgn:\t0{16}\n/);
});

test("a shell that does not exist exits 127 and says which", async (t) => {
  const folder = temporaryFolder(t);
  const seen = await runToEnd(openIn(folder), submissionOf(folder, "x\n", { shell: ["no-such-shell"] }));
  assert.deepEqual([seen.status, seen.exit_code], ["failed", 127]);
  assert.match(seen.log_tail ?? "", /no-such-shell/);
});
