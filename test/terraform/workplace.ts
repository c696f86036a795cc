/** Terraform in a copy of the project, so that nothing of a run (state, provider, lock file) comes into the tree. */
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { accessSync, constants, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { needs } from "../support/require.ts";

export const ROOT = dirname(dirname(import.meta.dirname));

/** Serves the provider's schema to the real program where the provider cannot be downloaded. Its lock file is nobody's. */
const STAND_IN = join(ROOT, "../shared/tools/tf-shim/terraform");

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not to be run: both mean that there is none
  }
};

const onPath = (name: string): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => isProgram(join(folder, name)));

/** What the tests run: the one that is named, the stand-in, or plain `terraform`; null where there is none. */
export function terraformProgram(): string | null {
  const named = process.env["BIOAGENT_TERRAFORM"];
  if (named) return named;
  if (!onPath("terraform")) return null;
  return isProgram(STAND_IN) ? STAND_IN : "terraform";
}

export const needsTerraform = (t: TestContext): boolean =>
  needs(
    t,
    "terraform",
    terraformProgram() !== null,
    "install it from https://developer.hashicorp.com/terraform",
  );

/** A plan reads the project from Google, unless the stand-in answers. */
export const needsAnswers = (t: TestContext): boolean => {
  if (!needsTerraform(t)) return false;
  if (process.env["BIOAGENT_TERRAFORM"] !== undefined || isProgram(STAND_IN)) return true;
  t.skip("no stand-in of the provider here: log in, and name terraform by BIOAGENT_TERRAFORM");
  return false;
};

export interface Workplace {
  readonly folder: string;
  /** Runs `terraform -chdir=terraform/FOLDER ...`; never throws. */
  readonly run: (folder: string, ...args: string[]) => SpawnSyncReturns<string>;
  /** The same, and throws what it printed when it did not end well. */
  readonly succeed: (folder: string, ...args: string[]) => string;
}

/** A copy of what Terraform reads, gone when the test is over. `name` keeps the stand-in's own files of test files apart. */
export function workplace(name: string): Workplace & { readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-terraform-"));
  const isSource = (path: string) => !/\/\.terraform(\/|$)|\.tfstate|\.lock\.hcl$/.test(path);
  for (const part of ["terraform", "functions", "infra/firestore.indexes.json", "infra/firestore.rules"]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: isSource });
  }
  writeFileSync(join(folder, "functions.zip"), "not looked into before it is uploaded");
  const env = {
    ...process.env,
    TF_SHIM_CACHE: join(tmpdir(), `tf-shim-cache-${name}`),
    TF_IN_AUTOMATION: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const run = (inner: string, ...args: string[]) =>
    spawnSync(terraformProgram() ?? "terraform", [`-chdir=${join(folder, "terraform", inner)}`, ...args], {
      encoding: "utf8",
      env,
      timeout: 180_000,
      maxBuffer: 64 * 1024 * 1024,
    });
  const succeed = (inner: string, ...args: string[]) => {
    const { status, stdout, stderr } = run(inner, ...args);
    if (status !== 0)
      throw new Error(`terraform ${args.join(" ")} in ${inner} ended with ${status}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    folder,
    run,
    succeed,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** `terraform init`; where its registry cannot be reached, the test is skipped by name. */
export function initialises(t: TestContext, { run }: Workplace, folder: string): boolean {
  const { status, stdout, stderr } = run(folder, "init", "-backend=false", "-input=false", "-no-color");
  const isOffline = /could not connect to registry|Failed to query available provider packages/.test(stderr);
  if (status !== 0 && !isOffline)
    throw new Error(`terraform init in ${folder} ended with ${status}\n${stdout}${stderr}`);
  return needs(
    t,
    "the google provider",
    status === 0,
    "let registry.terraform.io be reached, or name a stand-in by BIOAGENT_TERRAFORM",
  );
}
