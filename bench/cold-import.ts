/**
 * `node bench/cold-import.ts`: from the start of a process until a built function is loaded and opened, with the compile cache warm, against
 * functions-framework alone and the Firestore client alone; and what each dependency costs. `coldImportBench` is the same for `npm run bench`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Metafile } from "esbuild";
import { bundleFunctions } from "../scripts/bundle.ts";
import { inFolder } from "./project.ts";
import { type Bench, median, pairedRatio, type Row } from "./row.ts";
import { renderTable } from "./table.ts";

const ROUNDS = 7;
const BUDGET = 1.35;
const FRAMEWORK = "@google-cloud/functions-framework";
const root = dirname(import.meta.dirname);

/** What a program of one dependency does: loads it, and makes its client where it has one. */
const DEPENDENCIES: Readonly<Record<string, string>> = {
  "functions-framework": `import { http } from "${FRAMEWORK}"; http("f", () => {});`,
  firestore: `import { Firestore } from "@google-cloud/firestore"; new Firestore({ projectId: "p" });`,
  storage: `import { Storage } from "@google-cloud/storage"; new Storage({ projectId: "p" });`,
  batch: `import { BatchServiceClient } from "@google-cloud/batch"; new BatchServiceClient({ projectId: "p" });`,
  "google-auth-library": `import { GoogleAuth } from "google-auth-library"; new GoogleAuth();`,
  "@slack/webhook": `import { IncomingWebhook } from "@slack/webhook"; new IncomingWebhook("https://hooks.slack.com/x");`,
  zod: `import { z } from "zod"; z.object({ a: z.string() }).parse({ a: "b" });`,
  yaml: `import { parse } from "yaml"; parse("a: 1");`,
  re2js: `import { RE2JS } from "re2js"; RE2JS.compile("a");`,
  "csv-parse": `import { parse } from "csv-parse/sync"; parse("a,b");`,
};

/** Ends the process as soon as its work is done, and prints milliseconds since its start and the peak of its memory, KiB. */
const REPORT = "console.log(performance.now(), process.resourceUsage().maxRSS); process.exit(0);";

interface Program {
  readonly name: string;
  readonly file: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly milliseconds: number[];
  readonly mebibytes: number[];
}

export const coldImportBench: Bench = {
  name: "cold-import",
  run: () =>
    inFolder(async (folder) => {
      const programs = [...(await singles(folder)), ...(await functions(folder))];
      for (let round = 0; round <= ROUNDS; round++)
        // The first round fills the compile cache and the disk's own.
        for (const program of programs) measure(program, folder, round > 0);
      const byName = new Map(programs.map((program) => [program.name, program]));
      return programs.filter(({ name }) => name !== "nothing").flatMap((program) => rows(program, byName));
    }),
};

async function singles(folder: string): Promise<Program[]> {
  const programs: Program[] = [];
  for (const [name, text] of Object.entries({ nothing: "", ...DEPENDENCIES })) {
    const place = join(folder, name.replaceAll("/", "-"));
    withFramework(place);
    writeFileSync(join(place, "in.ts"), `${text}\n${REPORT}\n`);
    await build({
      entryPoints: [join(place, "in.ts")],
      outfile: join(place, "out.cjs"),
      bundle: true,
      platform: "node",
      target: "node24",
      minify: true,
      keepNames: true,
      external: [FRAMEWORK],
      nodePaths: [join(root, "node_modules")],
      logLevel: "error",
    });
    programs.push({ name, file: join(place, "out.cjs"), milliseconds: [], mebibytes: [] });
  }
  return programs;
}

/** Each function as an instance of it starts, without and with the client that its first request needs. */
async function functions(folder: string): Promise<Program[]> {
  const place = join(folder, "functions");
  const { metafile } = await bundleFunctions(place);
  withFramework(place);
  const client = chunkOf(metafile, "src/stores/firestore/google-client.ts");
  writeFileSync(join(place, "alone.mjs"), `await (await import("./index.js")).ready;\n${REPORT}\n`);
  // The client is loaded beside the rest, as the first request does it, and made.
  writeFileSync(
    join(place, "with.mjs"),
    `const index = import("./index.js"); const client = import("./${client}"); await (await index).ready;
const { Firestore } = await client.then((module) => module.default ?? module); new Firestore({ projectId: "p" });\n${REPORT}\n`,
  );
  return ["api", "poll", "deliver"].flatMap((name) =>
    ["alone", "with"].map((kind) => ({
      name:
        kind === "alone" ? `function ${name}, opened` : `function ${name}, opened, and the Firestore client`,
      file: join(place, `${kind}.mjs`),
      variables: { FUNCTION_TARGET: name, BIOAGENT_STORE: "firestore", GOOGLE_CLOUD_PROJECT: "my-lab-123" },
      milliseconds: [],
      mebibytes: [],
    })),
  );
}

/** The one file that `import()` of this source became. */
function chunkOf(metafile: Metafile, entry: string): string {
  const found = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.includes(entry));
  if (!found) throw new Error(`the bundle has no file of ${entry}`);
  return found[0].split("/").at(-1)!;
}

function withFramework(place: string): void {
  mkdirSync(join(place, "node_modules/@google-cloud"), { recursive: true });
  symlinkSync(join(root, "node_modules", FRAMEWORK), join(place, "node_modules", FRAMEWORK));
}

function measure(program: Program, folder: string, counts: boolean): void {
  const { PATH, HOME } = process.env;
  const child = spawnSync(process.execPath, [program.file], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...{ PATH, HOME, METADATA_SERVER_DETECTION: "none", BIOAGENT_EXECUTOR: "gcp_batch" },
      NODE_COMPILE_CACHE: join(folder, "cache"),
      ...program.variables,
    },
  });
  const [milliseconds, kibibytes] = child.stdout.trim().split("\n").at(-1)!.split(" ").map(Number);
  if (child.status !== 0 || !milliseconds || !kibibytes)
    throw new Error(`${program.name} failed: ${child.stdout}${child.stderr}`);
  if (!counts) return;
  program.milliseconds.push(milliseconds);
  program.mebibytes.push(kibibytes / 1024);
}

function rows({ name, milliseconds, mebibytes }: Program, all: ReadonlyMap<string, Program>): Row[] {
  const isFunction = name.startsWith("function ");
  const withClient = name.endsWith("Firestore client");
  const referenceName = withClient ? "firestore" : isFunction ? "functions-framework" : "nothing";
  const reference = all.get(referenceName)!;
  const ratio = pairedRatio(milliseconds, reference.milliseconds);
  return [
    {
      what: `${name} (${Math.round(median(mebibytes))} MiB)`,
      measured: { unit: "ms", values: milliseconds },
      reference: { name: referenceName, unit: "ms", values: reference.milliseconds },
      ratio,
      budget: withClient ? `${BUDGET} x` : null,
      holds: withClient ? ratio <= BUDGET : null,
      soft: true,
    },
  ];
}

if (import.meta.main) console.log(renderTable(await coldImportBench.run()));
