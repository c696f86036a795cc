import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { EmulatorOptions } from "../../../../infra/batch-emulator/emulator.ts";
import { type Podman, podmanHere } from "./containers-image.ts";
import { type Client, clientOf, jobOf, newFolder, open, script, until } from "./open.ts";

const CODE = /exit code (\d+)\./;

interface Bench {
  readonly podman: Podman;
  readonly batch: Client;
  readonly buckets: string;
  /** A container of the test's image that runs this text. */
  container(text: string, more?: object): { container: object };
  /** The code with which a job of these runnables ends. */
  code(id: string, runnables: readonly object[], spec?: object): Promise<number>;
}

async function bench(t: TestContext, options: Partial<EmulatorOptions> = {}): Promise<Bench | null> {
  const podman = await podmanHere(t);
  if (podman === null) return null;
  const buckets = await newFolder(t);
  mkdirSync(join(buckets, "lab/in"), { recursive: true });
  writeFileSync(join(buckets, "lab/in/reads"), "ACGT\n");
  const batch = await open(t, { containers: "auto", buckets, ...options });
  const container: Bench["container"] = (text, more = {}) => ({
    container: { imageUri: podman.image, entrypoint: "/bin/sh", commands: ["-c", text], ...more },
  });
  const code: Bench["code"] = async (id, runnables, spec = {}) => {
    await batch.submit(id, jobOf(runnables, spec));
    const { status } = await batch.reaches(id, "SUCCEEDED", "FAILED");
    return status.state === "SUCCEEDED"
      ? 0
      : Number(CODE.exec(status.statusEvents!.at(-1)!.description)?.[1]);
  };
  return { podman, batch, buckets, container, code };
}

/** This emulator's, running or not. */
const containersOf = ({ podman }: Bench): string[] =>
  podman.ask("ps", "-aq", `--filter=ancestor=${podman.image}`).split("\n").filter(Boolean);

test("a container runs its image, entrypoint and commands, and its exit code is the task's", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { batch, container, code } = here;
  assert.equal(await code("c3", [container("busybox --list >/dev/null && echo $A; echo e >&2; exit 3")]), 3);
  assert.deepEqual((await batch.printed("c3")).toSorted(), ["", "e"]);
  assert.equal(await code("c143", [container("exit 143")]), 143);
  assert.equal(await code("c139", [container("sh -c 'kill -SEGV $$'; exit $?")]), 139);
  assert.equal(await code("c126", [container("", { entrypoint: "/bin", commands: [] })]), 126);
  assert.equal(await code("c127", [container("", { entrypoint: "/none", commands: [] })]), 127);
  assert.equal(await code("c125", [{ container: { imageUri: "batch-emulator-test-none" } }]), 125);
  assert.match((await batch.printed("c125")).join(), /batch-emulator-test-none/);
  assert.deepEqual(containersOf(here), []);
});

test("it has the job's environment, its image's user or its own, and none of the caller's variables", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { batch, container, code } = here;
  process.env["BATCH_EMULATOR_TEST_SECRET"] = "seen";
  t.after(() => delete process.env["BATCH_EMULATOR_TEST_SECRET"]);
  const text = 'echo "$A|$BATCH_TASK_INDEX|$BATCH_EMULATOR_TEST_SECRET|$(id -u)|$(pwd)"';
  const environment = { variables: { A: "two\nlines $(echo x) '\"" } };
  const own = { options: "--user 7:7 --workdir=/bin" };
  assert.equal(await code("env", [container(text), container(text, own)], { environment }), 0);
  const lines = "two\nlines $(echo x) '\"|0||";
  assert.equal((await batch.printed("env")).join("\n"), `${lines}1000|/\n${lines}7|/bin`);
});

test("buckets are seen at their paths, read-only where told, and shared with the machine's scripts", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { batch, buckets, container, code } = here;
  const volumes = [{ gcs: { remotePath: "lab" }, mountPath: "/mnt/disks/lab" }];
  const text =
    "cat /inputs/reads; touch /inputs/x || echo refused; cat /more/in/reads; echo made > /emulator-work/f";
  const step = container(text, {
    volumes: ["/mnt/disks/lab/in:/inputs:ro", "/var/lib/emulator-test:/emulator-work"],
    options: "--user=0 --volume=/mnt/disks/lab:/more:ro",
  });
  const publish = script("cat /var/lib/emulator-test/f > /mnt/disks/lab/published");
  assert.equal(await code("binds", [step, publish], { volumes }), 0);
  const printed = (await batch.printed("binds")).filter((line) => !line.startsWith("touch:"));
  assert.deepEqual(printed.toSorted(), ["ACGT", "ACGT", "refused"]);
  assert.equal(readFileSync(join(buckets, "lab/published"), "utf8"), "made\n");
  const plain = container("cat /mnt/disks/lab/in/reads; touch /mnt/disks/lab/x", { options: "--user=0" });
  assert.equal(await code("all", [plain], { volumes }), 0);
  assert.deepEqual(readdirSync(join(buckets, "lab")).toSorted(), ["in", "published", "x"]);
  assert.equal(existsSync("/var/lib/emulator-test"), false);
});

test("its memory is held by the kernel: by its own --memory, else the task's", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { container, code } = here;
  const greedy = "head -c 300m /dev/zero | tail -c 200m >/dev/null";
  const own = { options: "--memory=64m --memory-swap=64m" };
  assert.equal(await code("own", [container(greedy, own)]), 137);
  assert.equal(await code("task", [container(greedy)], { computeResource: { memoryMib: 64 } }), 137);
  assert.equal(await code("enough", [container("head -c 30m /dev/zero | tail -c 20m >/dev/null", own)]), 0);
});

test("past its time it is killed and has ended with 50005; what always runs still does", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { batch, container, code } = here;
  const slow = { ...container("trap '' TERM; echo begun; sleep 600"), timeout: "2s" };
  assert.equal(await code("slow", [slow, script("echo after", { alwaysRun: true })]), 50005);
  assert.deepEqual(await batch.printed("slow"), ["begun", "after"]);
  assert.equal(await code("task", [container("sleep 600")], { maxRunDuration: "1s" }), 50005);
  assert.deepEqual(containersOf(here), []);
});

test("cancel kills the container, whether it runs already or is just being made", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const { batch, container } = here;
  for (const [id, wanted] of [
    ["early", "RUNNING"],
    ["late", "begun"],
  ] as const) {
    await batch.submit(id, jobOf([container("echo begun; sleep 600")]));
    await batch.reaches(id, "RUNNING");
    if (wanted === "begun")
      await until("it prints", async () => ((await batch.printed(id)).includes("begun") ? true : null));
    await batch.call("POST", `/v1/projects/lab/locations/us-central1/jobs/${id}:cancel`, {});
    await batch.reaches(id, "CANCELLED");
    assert.deepEqual(containersOf(here), []);
  }
});

test("an emulator that is killed leaves no container, and the next one goes on", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const state = join(await newFolder(t), "state.json");
  const code = `
    import { openEmulator } from ${JSON.stringify(new URL("../../../../infra/batch-emulator/emulator.ts", import.meta.url).href)};
    const emulator = await openEmulator({ restPort: 0, grpcPort: 0, statePath: ${JSON.stringify(state)} });
    console.log(emulator.restPort);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (bytes: Buffer) => resolve(Number(bytes))),
  );
  const batch = clientOf(port);
  await batch.submit("lost", jobOf([here.container("echo begun; sleep 600")]));
  await until("it prints", async () => ((await batch.printed("lost")).includes("begun") ? true : null));
  assert.equal(containersOf(here).length, 1);
  child.kill("SIGKILL");
  await until("no container is left", () => (containersOf(here).length === 0 ? true : null));
  const next = await open(t, { containers: "auto", statePath: state });
  assert.match((await next.ends("lost")).status.statusEvents!.at(-1)!.description, CODE);
  await next.submit("again", jobOf([here.container("exit 4")]));
  assert.match((await next.ends("again")).status.statusEvents!.at(-1)!.description, /exit code 4\./);
});
