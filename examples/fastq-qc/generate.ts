/**
 * Writes the reads and the sample sheet of the fastq-qc example:
 *
 *   node examples/fastq-qc/generate.ts            writes what is missing or different
 *   node examples/fastq-qc/generate.ts --check    writes nothing; exit code 1 when a file is missing or different
 *
 * Everything is seeded by the sample's name. Files are compared by what they unpack to, since zlib packs a little
 * differently on other processors.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createGunzip, createGzip } from "node:zlib";
import { hifiReads } from "./simulate/hifi.ts";
import { illuminaReads, type Library } from "./simulate/illumina.ts";

interface ReadFile {
  name: string;
  records: () => Iterable<string>;
}

interface SheetRow {
  sample: string;
  files: ReadFile[];
}

const HERE = import.meta.dirname;
const READS = join(HERE, "reads");
const OPERATING_SYSTEM_BYTE = 9;

const typical = { paired: true, lane: 1, gc: 0.46, duplicates: 0.08, fragmentLength: 240, decay: 1 };

const STUDY: SheetRow[] = [
  illumina({ ...typical, sample: "ctrl_rep1", number: 1, pairs: 800 }),
  // sequenced on two lanes: two rows of one sample
  illumina({ ...typical, sample: "ctrl_rep2", number: 2, pairs: 450, lane: 1, gc: 0.44 }),
  illumina({ ...typical, sample: "ctrl_rep2", number: 2, pairs: 450, lane: 2, gc: 0.44 }),
  // short fragments: many reads run into the adapter
  illumina({ ...typical, sample: "ctrl_rep3", number: 3, pairs: 700, fragmentLength: 115 }),
  illumina({ ...typical, sample: "tumor_rep1", number: 4, pairs: 800, gc: 0.51, duplicates: 0.14 }),
  // little material, many rounds of PCR
  illumina({ ...typical, sample: "tumor_rep2", number: 5, pairs: 600, gc: 0.53, duplicates: 0.38 }),
  // an older run: first mates only, and the quality falls early
  illumina({ ...typical, sample: "tumor_rep3", number: 6, pairs: 1200, paired: false, gc: 0.5, decay: 3 }),
  // long reads in a sheet of short ones: more bases than the duplicates step was given memory for
  hifi("ctrl_hifi", 1230),
  hifi("tumor_hifi", 5800),
];

function illumina(library: Library): SheetRow {
  const { sample, number, lane } = library;
  const mates = library.paired ? ([0, 1] as const) : ([0] as const);
  const files = mates.map((mate) => ({
    name: `${sample}_S${number}_L00${lane}_R${mate + 1}_001.fastq.gz`,
    records: () => illuminaReads(library, mate),
  }));
  return { sample, files };
}

function hifi(sample: string, reads: number): SheetRow {
  return { sample, files: [{ name: `${sample}.fastq.gz`, records: () => hifiReads({ sample, reads }) }] };
}

function sheet(rows: SheetRow[]): string {
  const lines = rows.map(({ sample, files }) => `${sample},${files[0]?.name},${files[1]?.name ?? ""}\n`);
  return `sample,fastq_1,fastq_2\n${lines.join("")}`;
}

/** Without a time stamp and the name of the operating system: the same bytes whenever and wherever it is packed. */
async function packed(file: ReadFile): Promise<Buffer> {
  const bytes = await buffer(Readable.from(file.records()).pipe(createGzip({ level: 9, memLevel: 9 })));
  bytes[OPERATING_SYSTEM_BYTE] = 255;
  return bytes;
}

async function digest(content: Iterable<string> | AsyncIterable<Buffer>): Promise<string> {
  const hash: Hash = createHash("sha256");
  for await (const part of content) hash.update(part);
  return hash.digest("hex");
}

async function holds(path: string, file: ReadFile): Promise<boolean> {
  if (!existsSync(path)) return false;
  const unpacked = createReadStream(path).pipe(createGunzip());
  return (await digest(unpacked).catch(() => "not gzip")) === (await digest(file.records()));
}

async function differing(): Promise<ReadFile[]> {
  const files = STUDY.flatMap((row) => row.files);
  const good = await Promise.all(files.map((file) => holds(join(READS, file.name), file)));
  return files.filter((_, index) => !good[index]);
}

async function main(onlyCheck: boolean): Promise<void> {
  const sheetPath = join(HERE, "samples.csv");
  const sheetDiffers = !existsSync(sheetPath) || readFileSync(sheetPath, "utf8") !== sheet(STUDY);
  const files = await differing();
  if (onlyCheck) {
    const names = [...(sheetDiffers ? ["samples.csv"] : []), ...files.map((file) => `reads/${file.name}`)];
    for (const name of names) console.error(`missing or different: ${name}`);
    process.exitCode = names.length > 0 ? 1 : 0;
    return;
  }
  mkdirSync(READS, { recursive: true });
  if (sheetDiffers) writeFileSync(sheetPath, sheet(STUDY));
  for (const file of files) writeFileSync(join(READS, file.name), await packed(file));
  console.log(`wrote ${files.length} of ${STUDY.flatMap((row) => row.files).length} files`);
}

await main(process.argv.includes("--check"));
