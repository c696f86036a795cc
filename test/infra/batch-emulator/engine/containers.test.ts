import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { containerCommand } from "../../../../infra/batch-emulator/runner/container-command.ts";
import { findContainerEngine } from "../../../../infra/batch-emulator/runner/container-engine.ts";
import {
  readContainerOptions,
  splitWords,
} from "../../../../infra/batch-emulator/runner/container-options.ts";
import { newFolder } from "./open.ts";

/** Programs of this test, by name; each a script. */
async function programs(
  t: TestContext,
  texts: Readonly<Record<string, string>>,
): Promise<(name: string) => string> {
  const folder = await newFolder(t);
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return (name) => join(folder, name);
}

const PODMAN = 'case "$*" in --version) echo podman version 9 ;; *';

test("an engine counts only if it works, and the others tell why they do not", async (t) => {
  const path = await programs(t, {
    broken: "echo no daemon >&2; exit 1",
    working: "exit 0",
    refusing: `${PODMAN}) echo noise >&2; echo rlimit type 7 >&2; exit 126 ;; esac`,
  });
  const tried = [path("missing"), path("broken"), path("refusing")];
  assert.deepEqual(await findContainerEngine([...tried, path("working")]), {
    engine: { program: path("working"), settings: [], runOptions: [] },
  });
  assert.deepEqual(await findContainerEngine(tried), {
    engine: null,
    problems: [
      `${path("missing")}: not installed`,
      `${path("broken")}: no daemon`,
      `${path("refusing")}: rlimit type 7`,
    ],
  });
});

test("podman is asked to run something: as it is, then with what a machine without its privileges needs", async (t) => {
  const path = await programs(t, {
    plain: `${PODMAN}) exit 127 ;; esac`,
    modest: `${PODMAN}--network=host*) exit 127 ;; *) exit 126 ;; esac`,
    runc: `${PODMAN}--runtime=runc*) exit 127 ;; *) exit 126 ;; esac`,
  });
  const settingsOf = async (name: string) => {
    const { engine } = await findContainerEngine([path(name)]);
    return [engine?.settings.join(" "), engine?.runOptions.includes("--network=host")];
  };
  assert.deepEqual(await settingsOf("plain"), ["", false]);
  assert.deepEqual(await settingsOf("modest"), ["--cgroup-manager=cgroupfs --events-backend=file", true]);
  assert.match(String((await settingsOf("runc"))[0]), /^--runtime=runc /);
});

const ORDER = {
  name: "c1",
  mark: "m.1.2",
  environment: { A: "1 2" },
  mounts: [{ source: "/buckets/lab", target: "/inputs", readOnly: true }],
  memoryBytes: 1024,
};
const CONTAINER = { imageUri: "quay.io/x:1", entrypoint: "/bin/sh", commands: ["-c", "true"] };
const ENGINE = { program: "podman", settings: ["--runtime=runc"], runOptions: ["--network=host"] };

test("a container is run as Batch's agent runs it", () => {
  assert.deepEqual(containerCommand(ENGINE, { ...ORDER, container: CONTAINER }), [
    ...["podman", "--runtime=runc", "run", "--rm", "--network=host", "--name=c1"],
    ...["--label=batch-emulator=m", "--label=batch-emulator-run=m.1.2", "--stop-timeout=0", "--env=A=1 2"],
    ...["--volume=/buckets/lab:/inputs:ro", "--memory=1024b", "--entrypoint=/bin/sh"],
    ...["quay.io/x:1", "-c", "true"],
  ]);
});

test("a container's own memory and network win; its volumes are the machine's to mount", () => {
  const wordsOf = (more: object) =>
    containerCommand(ENGINE, { ...ORDER, container: { ...CONTAINER, ...more } }).filter((word) =>
      /memory|^-m$|8g|cpus|net|volume|^-v$|:\//.test(word),
    );
  const mounted = "--volume=/buckets/lab:/inputs:ro";
  assert.deepEqual(wordsOf({ options: "-m 8g --cpus=2 -v /a:/b --volume=/c:/d --network none" }), [
    ...[mounted, "-m", "8g", "--cpus=2", "--network"],
  ]);
  assert.deepEqual(wordsOf({ blockExternalNetwork: true }), ["--network=none", mounted, "--memory=1024b"]);
});

test("options are read as a shell and docker read them", () => {
  assert.deepEqual(splitWords(`--a 'b c' "d \\" e" f\\ g --h="i j"`), [
    "--a",
    "b c",
    'd " e',
    "f g",
    "--h=i j",
  ]);
  assert.deepEqual(
    readContainerOptions("--privileged -m 512m --env A=b=c -w /work -v /a:/b --memory=1.5g --x y"),
    {
      memoryBytes: 1.5 * 1024 ** 3,
      workdir: "/work",
      entrypoint: null,
      environment: { A: "b=c" },
      volumes: ["/a:/b"],
    },
  );
  assert.equal(readContainerOptions(undefined).memoryBytes, null);
});
