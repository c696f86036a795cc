import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { mergeEnvironment } from "../../src/config/merge-environment.ts";
import { Settings } from "../../src/config/schema.ts";
import { readDocument } from "../../src/pipelines/read-document.ts";
import { readPipeline } from "../../src/pipelines/read-pipeline.ts";
import { initialises, needsTerraform, ROOT, type Workplace, workplace } from "./workplace.ts";

let made: ReturnType<typeof workplace> | undefined;
const place = (): Workplace => {
  made ??= workplace("validate");
  return made;
};
after(() => made?.remove());

const TERRAFORM = join(ROOT, "terraform");
const environments = globSync("environments/*/main.tf", { cwd: TERRAFORM }).map((path) => join(path, ".."));
const ofGoogle = environments.filter((folder) => basename(folder) !== "aws");

test("every file is in Terraform's own format", (t) => {
  if (!needsTerraform(t)) return;
  const { status, stdout, stderr } = place().run(".", "fmt", "-check", "-recursive", "-diff");
  assert.equal(status, 0, stdout + stderr);
});

for (const folder of ofGoogle) {
  test(`${folder} is valid, and needs no built bundle to be`, (t) => {
    if (!needsTerraform(t) || !initialises(t, place(), folder)) return;
    place().succeed(folder, "validate");
  });
}

test("terraform's own tests pass: wrong input is refused, and parts can be left out", (t) => {
  if (!needsTerraform(t) || !initialises(t, place(), "modules/bioagent")) return;
  const printed = place().succeed("modules/bioagent", "test", "-no-color");
  assert.match(printed, /Success! \d+ passed, 0 failed/);
});

test("no module lacks a user, and every module says which provider it is for", () => {
  const sources = globSync("**/*.tf", { cwd: TERRAFORM }).map((path) =>
    readFileSync(join(TERRAFORM, path), "utf8"),
  );
  const used = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/source\s*=\s*"\.\.[^"]*\/([a-z_]+)"/g)].map((match) => match[1]),
    ),
  );
  for (const folder of globSync("modules/*", { cwd: TERRAFORM })) {
    assert.ok(used.has(basename(folder)), `${folder} is used nowhere`);
    assert.match(readFileSync(join(TERRAFORM, folder, "versions.tf"), "utf8"), /hashicorp\/(google|aws)"/);
  }
});

test("no lock file of the stand-in lies in the tree", () => {
  for (const path of globSync("**/.terraform.lock.hcl", { cwd: TERRAFORM })) {
    const text = readFileSync(join(TERRAFORM, path), "utf8");
    assert.match(text, /"zh:/, `${path} has no sum of the registry: it is the stand-in's; remove it`);
  }
});

for (const folder of ofGoogle) {
  test(`the settings and pipelines of ${folder} are what the program expects`, () => {
    const file = readDocument(readFileSync(join(TERRAFORM, folder, "bioagent.yaml"), "utf8"));
    assert.deepEqual(file.problems, []);
    const settings = Settings.safeParse(mergeEnvironment(file.value ?? {}, {}).value);
    assert.ok(settings.success, settings.error?.message);
    for (const path of globSync(join(TERRAFORM, folder, "pipelines/*.{yaml,yml,json}"))) {
      const { pipeline, problems } = readPipeline(readFileSync(path, "utf8"), { source: basename(path) });
      assert.deepEqual(problems, []);
      assert.equal(`${pipeline?.pipeline}.yaml`, basename(path), "a pipeline is found by its file's name");
    }
  });
}
