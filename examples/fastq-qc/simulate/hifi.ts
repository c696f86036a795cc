import { type Random, randomFrom } from "./random.ts";

export interface LongReadLibrary {
  sample: string;
  reads: number;
}

const UNIT = "TTAGGG";
const VARIANT = "TCAGGG";
const ARRAY = UNIT.repeat(8000);

/**
 * FASTQ records of PacBio HiFi reads from the ends of chromosomes, about 27,000 bases each: the telomere's repeat
 * with a few variant units, at the machine's highest quality. Every read is different, yet gzip packs them more than
 * 400 times smaller: this is how a file of two thirds of a megabyte can hold more than 150 million bases.
 */
export function* hifiReads(library: LongReadLibrary): Generator<string> {
  const random = randomFrom(`hifi ${library.sample}`);
  let well = 4000;
  for (let i = 0; i < library.reads; i++) {
    well += random.integer(1, 60000);
    const sequence = telomere(random);
    yield `@m64011_230830_220126/${well}/ccs\n${sequence}\n+\n${"~".repeat(sequence.length)}\n`;
  }
}

function telomere(random: Random): string {
  const phase = random.integer(0, UNIT.length);
  const end = phase + Math.round(random.around(27000, 3000));
  const first = random.integer(1, 1200) * UNIT.length;
  const second = first + random.integer(1, 1200) * UNIT.length;
  return [
    ARRAY.slice(phase, first),
    VARIANT,
    ARRAY.slice(first + UNIT.length, second),
    VARIANT,
    ARRAY.slice(second + UNIT.length, end),
  ].join("");
}
