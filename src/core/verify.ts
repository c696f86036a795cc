import type { OutputFile } from "./job.ts";
import type { OtherFile, Verification } from "./observation.ts";
import type { Step } from "./pipeline.ts";

/** The declared pattern for one sample: `{sample}` filled in, its own glob characters made literal. */
export const fillPattern = (pattern: string, sample: string | null): string =>
  sample === null ? pattern : pattern.replaceAll("{sample}", sample);

/**
 * What this attempt published, held against what its step declares. `missing` is empty only when the manifest is this
 * attempt's own and every declared output is there, of the size the manifest says, and not empty unless allowed.
 */
export function verifyOutputs(
  step: Pick<Step, "outputs">,
  job: { readonly sample: string | null },
  attempt: string,
  { manifest, sizes, others = {} }: Verification,
): { missing: string[]; files: OutputFile[] } {
  if (!manifest || manifest.attempt !== attempt) {
    return { missing: ["the attempt left no manifest of what it published"], files: [] };
  }
  const missing = step.outputs.flatMap((output) => {
    const pattern = fillPattern(output.path, job.sample);
    const entries = manifest.outputs.filter((entry) => entry.pattern === pattern);
    if (entries.length === 0) return [`declared output ${pattern} is missing`];
    return entries.flatMap((entry) =>
      fault(entry, { size: sizes[entry.path], other: others[entry.path] }, output.allow_empty),
    );
  });
  // A file that is an output and a metrics file at once is one file.
  const files = new Map(manifest.outputs.map(({ path, size, checksum }) => [path, { path, size, checksum }]));
  return { missing, files: [...files.values()] };
}

/** What lies there: `size` of the file that was published, or `other`; neither when there is none. */
interface Lying {
  readonly size: number | undefined;
  readonly other: OtherFile | undefined;
}

function fault(entry: OutputFile, { size, other }: Lying, allowEmpty: boolean): string[] {
  if (other) return [replaced(entry, other)];
  if (size === undefined) return [`output ${entry.path} was published and is not there any more`];
  if (size !== entry.size) return [replaced(entry, { size, checksum: null, generation: null })];
  return size === 0 && !allowEmpty ? [`output ${entry.path} is empty`] : [];
}

/** Before and after, as far as each is known: somebody must find out who wrote there. */
function replaced({ path, size, checksum }: OutputFile, other: OtherFile): string {
  const published = sayFile(size, [checksum]);
  const now = sayFile(other.size, [other.checksum, other.generation && `generation ${other.generation}`]);
  return `output ${path} is another file now: ${published} when it was published, now ${now}`;
}

function sayFile(size: number, marks: readonly (string | null)[]): string {
  const bytes = size === 1 ? "1 byte" : `${size} bytes`;
  const known = marks.filter((mark) => mark !== null);
  return known.length > 0 ? `${bytes} (${known.join(", ")})` : bytes;
}
