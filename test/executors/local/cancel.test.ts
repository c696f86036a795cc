import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hasEnded, observeUntil, openIn, submissionOf, temporaryFolder, until } from "./fixture.ts";

/** Living processes that carry this attempt's marker. */
function carriers(id: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const alive = !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
      return (
        alive && readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(`BIOAGENT_ATTEMPT=${id}`)
      );
    } catch {
      return false;
    }
  });
}

for (const cgroups of ["auto", "off"] as const) {
  const cancelled = async (
    t: Parameters<typeof temporaryFolder>[0],
    name: string,
    script: string,
    graceSeconds: number,
  ) => {
    const folder = temporaryFolder(t);
    const executor = openIn(folder, { cgroups, graceSeconds });
    const id = `${name}-${cgroups}-${process.pid}-a1`;
    const work = submissionOf(folder, `${script}touch "${folder}/ready"; wait; sleep 600\n`, { id });
    await executor.submit([work]);
    await until("the script is ready", () => existsSync(join(folder, "ready")));
    await executor.cancel([work]);
    const seen = await observeUntil(executor, work, hasEnded);
    assert.equal(seen.status, "cancelled");
    assert.deepEqual(carriers(id), []);
    return { seen, folder };
  };

  test(`cancel ends a script by TERM (cgroups ${cgroups})`, async (t) => {
    const script = `trap 'touch "$TERMED"; exit 9' TERM; TERMED=$WORK_DIR/../../../../../../termed; sleep 600 & `;
    const { seen, folder } = await cancelled(t, "term", script, 20);
    assert.equal(seen.exit_code, 9);
    assert.ok(existsSync(join(folder, "termed")));
  });

  test(`cancel ends a script that ignores TERM (cgroups ${cgroups})`, async (t) => {
    const { seen } = await cancelled(t, "deaf", "trap '' TERM; ", 0.3);
    assert.equal(seen.exit_code, 137);
  });

  test(`cancel ends what left the process group (cgroups ${cgroups})`, async (t) => {
    const script = `setsid sh -c 'trap "" TERM; touch "${"$"}0"; sleep 600 & wait' "$WORK_DIR/out" & (setsid sleep 600 &) ; while [ ! -e "$WORK_DIR/out" ]; do sleep 0.01; done; `;
    await cancelled(t, "escape", script, 0.3);
  });

  test(`cancel ends 200 children (cgroups ${cgroups})`, async (t) => {
    await cancelled(t, "many", "for i in $(seq 200); do sleep 600 & done; ", 0.3);
  });
}

test("what a script leaves running is ended with it", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  const id = `leftover-${process.pid}-a1`;
  const work = submissionOf(folder, "sleep 600 & disown; exit 0\n", { id });
  await executor.submit([work]);
  const seen = await observeUntil(executor, work, hasEnded);
  assert.equal(seen.status, "succeeded");
  assert.deepEqual(carriers(id), []);
});
