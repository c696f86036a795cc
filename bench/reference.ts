import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Another program that does the same work, if it is installed. */
export interface Reference {
  readonly name: string;
  readonly installed: boolean;
  /** Runs so many jobs, each a `touch`, two at a time, in an empty folder. Throws when they did not all succeed. */
  run(folder: string, jobs: number): void;
}

const SLOTS = 2;

/** Debian: `apt-get install parallel make snakemake`; xargs is there anyway. */
export const references: readonly Reference[] = [
  reference("parallel", (folder, jobs) => shell(folder, `seq ${jobs} | parallel -j${SLOTS} touch`, jobs)),
  reference("xargs", (folder, jobs) => shell(folder, `seq ${jobs} | xargs -P${SLOTS} -n1 touch`, jobs)),
  reference("make", (folder, jobs) => {
    const all = Array.from({ length: jobs }, (_, at) => `f${at}`).join(" ");
    writeFileSync(join(folder, "Makefile"), `all: ${all}\nf%:\n\t@touch $@\n`);
    shell(folder, `make -s -j${SLOTS} all`, jobs);
  }),
  reference("snakemake", (folder, jobs) => {
    const rules = `rule all:\n    input: expand("f{i}", i=range(${jobs}))\nrule one:\n    output: "f{i}"\n    shell: "touch {output}"\n`;
    writeFileSync(join(folder, "Snakefile"), rules);
    shell(folder, `snakemake --quiet -j${SLOTS}`, jobs);
  }),
];

export const referenceOf = (name: string): Reference =>
  references.find((candidate) => candidate.name === name)!;

function reference(name: string, run: Reference["run"]): Reference {
  return { name, installed: isInstalled(name), run };
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

function shell(folder: string, command: string, jobs: number): void {
  // GNU parallel asks once, in its own folder, to be cited; a file there is the answer.
  const home = join(folder, "home");
  mkdirSync(join(home, ".parallel"), { recursive: true });
  writeFileSync(join(home, ".parallel", "will-cite"), "");
  const env = { ...process.env, HOME: home };
  const done = spawnSync("bash", ["-c", `${command} && test $(ls | grep -c '[0-9]') -ge ${jobs}`], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`${command} failed: ${done.stderr.slice(-500)}`);
}
