import { z } from "zod";
import { OutputFile } from "../core/job.ts";
import type { Manifest } from "../core/observation.ts";
import { staysInside } from "./inside.ts";

/** A larger manifest than this is not one of ours: about 300,000 files. */
export const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

const ManifestDocument = z.object({
  attempt: z.string(),
  outputs: z.array(OutputFile.extend({ pattern: z.string() })),
});

/** Where attempt `n` of a job leaves its manifest, in the run's output folder. */
export const manifestPath = (job: string, attempt: number): string => `.bioagent/${job}/a${attempt}.json`;

/**
 * The manifest of the attempt with this id. Null when the text is half-written, foreign or another attempt's.
 * Files that it names outside the output folder are left out: nobody downstream ever follows such a path.
 */
export function parseManifest(text: string, attemptId: string): Manifest | null {
  const parsed = ManifestDocument.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.attempt !== attemptId) return null;
  return { ...parsed.data, outputs: parsed.data.outputs.filter((entry) => staysInside(entry.path)) };
}

/** The text of the manifest of a job that took its outputs over: no attempt of its own made them. */
export function reusedManifest(files: readonly OutputFile[]): string {
  const outputs = files.map((file) => ({ ...file, pattern: file.path }));
  return `${JSON.stringify({ attempt: "reused", outputs }, null, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // half-written: the wrapper writes it last, so there is no manifest yet
  }
}
