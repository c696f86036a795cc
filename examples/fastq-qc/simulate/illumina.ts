import { type Random, randomFrom } from "./random.ts";

export interface Library {
  sample: string;
  /** S1, S2, ... in Illumina's file names. */
  number: number;
  pairs: number;
  paired: boolean;
  lane: number;
  gc: number;
  /** How often a fragment is a copy of an earlier one (PCR duplicates). */
  duplicates: number;
  /** Fragments shorter than the read let the sequencer run into the adapter. */
  fragmentLength: number;
  /** How fast the quality falls along the read; 1 is a good run. */
  decay: number;
}

const READ_LENGTH = 100;
const ADAPTERS = ["AGATCGGAAGAGCACACGTCTGAACTCCAGTCAC", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTA"] as const;
const COMPLEMENT: Record<string, string> = { A: "T", C: "G", G: "C", T: "A" };

/** The four quality values of a NovaSeq, best first, each with the chance that its base is wrong. */
const QUALITIES = [
  { letter: "F", error: 0.0002 },
  { letter: ":", error: 0.003 },
  { letter: ",", error: 0.08 },
  { letter: "#", error: 1 },
] as const;

/** FASTQ records of one mate (0 or 1); both mates of a pair carry the same name. */
export function* illuminaReads(library: Library, mate: 0 | 1): Generator<string> {
  const fragments = randomFrom(`fragments ${library.sample} ${library.lane}`);
  const noise = randomFrom(`noise ${library.sample} ${library.lane} ${mate}`);
  const seen: string[] = [];
  let y = 1000;
  for (let i = 0; i < library.pairs; i++) {
    const fragment = nextFragment(library, fragments, seen);
    y += fragments.integer(1, 60);
    const tile = 1101 + Math.floor((i * 8) / library.pairs);
    const place = `${library.lane}:${tile}:${fragments.integer(1000, 32000)}:${y}`;
    const name = `A00721:134:HGKL7DSXY:${place} ${mate + 1}:N:0:${indexOf(library.number)}`;
    const strand = mate === 0 ? fragment : reverseComplement(fragment);
    yield `@${name}\n${sequenced(strand + ADAPTERS[mate], library.decay, noise)}`;
  }
}

function nextFragment(library: Library, random: Random, seen: string[]): string {
  const copied = seen[random.integer(0, seen.length)];
  if (random.chance(library.duplicates) && copied !== undefined) return copied;
  const length = Math.max(30, Math.round(random.around(library.fragmentLength, library.fragmentLength / 4)));
  const fragment = bases(length, random.around(library.gc, 0.08), random);
  seen.push(fragment);
  return fragment;
}

function bases(length: number, gc: number, random: Random): string {
  let sequence = "";
  for (let i = 0; i < length; i++) {
    const pair = random.chance(gc) ? "GC" : "AT";
    sequence += random.chance(0.5) ? pair[0] : pair[1];
  }
  return sequence;
}

/** What lies behind the adapter reads as G on a two-colour machine. Then come the errors. */
function sequenced(strand: string, decay: number, random: Random): string {
  const template = strand.slice(0, READ_LENGTH).padEnd(READ_LENGTH, "G");
  let level = 0;
  let sequence = "";
  let quality = "";
  for (let i = 0; i < READ_LENGTH; i++) {
    level = nextLevel(level, i / READ_LENGTH, decay, random);
    const { letter, error } = QUALITIES[level] ?? QUALITIES[3];
    quality += letter;
    sequence += letter === "#" ? "N" : random.chance(error) ? bases(1, 0.5, random) : template[i];
  }
  return `${sequence}\n+\n${quality}\n`;
}

/** Bad bases come in stretches, and more often towards the end of the read. */
function nextLevel(level: number, position: number, decay: number, random: Random): number {
  const worse = 0.004 + 0.07 * decay * position * position;
  if (random.chance(worse)) return random.chance(0.03) ? 3 : Math.min(level + 1, 2);
  return random.chance(0.4) ? 0 : level;
}

function reverseComplement(sequence: string): string {
  let reversed = "";
  for (const base of sequence) reversed = `${COMPLEMENT[base]}${reversed}`;
  return reversed;
}

/** The sample's pair of index sequences, as it stands in every read name. */
function indexOf(number: number): string {
  const random = randomFrom(`index ${number}`);
  return `${bases(8, 0.5, random)}+${bases(8, 0.5, random)}`;
}
