import type { OutputFile } from "./job.ts";
import type { Verification } from "./observation.ts";
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
  { manifest, sizes }: Verification,
): { missing: string[]; files: OutputFile[] } {
  if (!manifest || manifest.attempt !== attempt) {
    return { missing: ["the attempt left no manifest of what it published"], files: [] };
  }
  const missing = step.outputs.flatMap((output) => {
    const pattern = fillPattern(output.path, job.sample);
    const entries = manifest.outputs.filter((entry) => entry.pattern === pattern);
    if (entries.length === 0) return [`declared output ${pattern} is missing`];
    return entries.flatMap((entry) => fault(entry, sizes[entry.path], output.allow_empty));
  });
  // A file that is an output and a metrics file at once is one file.
  const files = new Map(manifest.outputs.map(({ path, size, checksum }) => [path, { path, size, checksum }]));
  return { missing, files: [...files.values()] };
}

function fault(entry: OutputFile, size: number | undefined, allowEmpty: boolean): string[] {
  if (size === undefined) return [`output ${entry.path} was published and is not there any more`];
  if (size !== entry.size)
    return [`output ${entry.path} has ${size} bytes, but ${entry.size} were published`];
  return size === 0 && !allowEmpty ? [`output ${entry.path} is empty`] : [];
}
