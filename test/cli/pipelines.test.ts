import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { cli, folder, json, listing } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

suite("pipelines push and list", { concurrency: 2 }, () => {
  test("push puts a valid pipeline where run finds it by name, and list shows it", async (t) => {
    const cwd = await folder(t, { "here.yaml": DEMO });
    assert.match((await cli(["pipelines", "list"], { cwd })).stdout, /^no pipelines in \S+\/pipelines\n$/);
    const pushed = await cli(["pipelines", "push", "here.yaml"], { cwd });
    assert.deepEqual(
      [pushed.code, pushed.stdout],
      [0, `demo (3 steps): ${cwd}/pipelines/demo.yaml\n`],
      pushed.stderr,
    );
    assert.equal(await readFile(join(cwd, "pipelines/demo.yaml"), "utf8"), DEMO);
    const { pipelines } = await json(["pipelines", "list"], { cwd });
    const uri = `${cwd}/pipelines/demo.yaml`;
    assert.deepEqual(pipelines, [{ name: "demo", uri, steps: ["count", "after", "all"], problem: null }]);
    const found = await cli(["run", "demo", "--samples", "a", "--dry-run"], { cwd });
    assert.equal(found.code, 0, found.stderr);
  });

  test("push refuses one that is not valid, and then writes none", async (t) => {
    const cwd = await folder(t, { "good.yaml": DEMO, "bad.yaml": "pipeline: bad\nsteps: []\nstepz: 1\n" });
    const pushed = await cli(["pipelines", "push", "good.yaml", "bad.yaml"], { cwd });
    assert.equal(pushed.code, 2);
    assert.match(pushed.stderr, /^bioagent: pipeline bad\.yaml is not valid\n {2}bad\.yaml:\d+:\d+/);
    assert.deepEqual(await listing(cwd), ["bad.yaml", "good.yaml"]);
    const twice = await cli(["pipelines", "push", "good.yaml", "good.yaml"], { cwd });
    assert.match(twice.stderr, /given twice/);
  });

  test("a file that is named otherwise, or is not valid, is listed with what is wrong; one name has one file", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    await cli(["pipelines", "push", "demo.yaml"], { cwd });
    await writeFile(join(cwd, "pipelines/other.yml"), DEMO);
    await writeFile(join(cwd, "pipelines/broken.json"), "{");
    await writeFile(join(cwd, "pipelines/notes.txt"), "");
    const { pipelines } = (await json(["pipelines", "list"], { cwd })) as {
      pipelines: { name: string; problem: string | null }[];
    };
    assert.deepEqual(
      pipelines.map(({ name, problem }) => [name, problem === null]),
      [
        ["broken", false],
        ["demo", true],
        ["other", false],
      ],
    );
    await writeFile(
      join(cwd, "demo.json"),
      JSON.stringify({ pipeline: "demo", steps: [{ id: "a", script: "true" }] }),
    );
    const clash = await cli(["pipelines", "push", "demo.json"], { cwd });
    assert.equal(clash.code, 2);
    assert.match(clash.stderr, /demo\.yaml is there already/);
  });
});
