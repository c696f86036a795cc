import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inFolder } from "./project.ts";
import { type Bench, median, pairedRatio, type Row } from "./row.ts";

const ROUNDS = 5;
const root = dirname(import.meta.dirname);

/** Prints the peak memory when the process ends, on a descriptor that is nobody else's. See `peak-memory.ts`. */
const REPORT = `import { writeSync } from "node:fs";
import { peakMiB } from ${JSON.stringify(new URL("peak-memory.ts", import.meta.url))};
process.on("exit", () => writeSync(3, String(1024 * peakMiB())));`;

interface Start {
  readonly milliseconds: number[];
  readonly mebibytes: number[];
}

/** What it takes until a function is loaded, or a command has answered, against a Node that does nothing. */
export const loadBench: Bench = {
  name: "load",
  run: () =>
    inFolder(async (folder) => {
      const built = join(root, "dist", "functions", "index.js");
      const functions = existsSync(built) ? built : join(root, "functions", "index.ts");
      const bin = join(root, "bin", "bioagent.js");
      const empty = join(folder, "empty.js");
      writeFileSync(empty, "");
      const wanted: Record<string, string[]> = {
        [`load of the functions (${functions === built ? "built" : "from source"})`]: [functions],
        "bioagent --help": [bin, "--help"],
        "bioagent list, no store yet": [bin, "list"],
      };
      const starts = Object.fromEntries(
        Object.keys(wanted).map((name): [string, Start] => [name, { milliseconds: [], mebibytes: [] }]),
      );
      const bare: Start = { milliseconds: [], mebibytes: [] };
      for (let round = 0; round <= ROUNDS; round++) {
        // The first round fills the compile cache and the disk's own.
        measure(folder, [empty], round > 0 ? bare : null);
        for (const [name, args] of Object.entries(wanted))
          measure(folder, args, round > 0 ? starts[name]! : null);
      }
      return Object.entries(starts).flatMap(([name, start]) => rows(name, start, bare));
    }),
};

function measure(folder: string, args: readonly string[], into: Start | null): void {
  const begun = performance.now();
  const child = spawnSync(
    process.execPath,
    [`--import=data:text/javascript,${encodeURIComponent(REPORT)}`, ...args],
    {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "cache"), METADATA_SERVER_DETECTION: "none" },
    },
  );
  const milliseconds = performance.now() - begun;
  if (child.status !== 0) throw new Error(`${args.join(" ")} failed: ${child.stderr}`);
  into?.milliseconds.push(milliseconds);
  into?.mebibytes.push(Number(child.output[3]) / 1024);
}

function rows(name: string, start: Start, bare: Start): Row[] {
  return [
    {
      what: `${name}: time`,
      measured: { unit: "ms", values: start.milliseconds },
      reference: { name: "an empty program", unit: "ms", values: bare.milliseconds },
      ratio: pairedRatio(start.milliseconds, bare.milliseconds),
      budget: null,
      holds: null,
    },
    {
      what: `${name}: peak memory`,
      measured: { unit: "MiB", values: start.mebibytes },
      reference: { name: "an empty program", unit: "MiB", values: bare.mebibytes },
      ratio: median(start.mebibytes) / median(bare.mebibytes),
      budget: null,
      holds: null,
    },
  ];
}
