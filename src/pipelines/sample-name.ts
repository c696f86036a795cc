import { SAMPLE_PATTERN } from "../core/pipeline.ts";
import { show } from "./problem.ts";

/** Why this cannot be a sample's name, or null. `twin` is an earlier sample that is equal but for case. */
export function sampleNameProblem(name: string, twin: string | undefined): string | null {
  if (name === "") return "the sample has no name";
  if (!SAMPLE_PATTERN.test(name)) {
    return `${show(name)} is no sample name: letters, digits, ".", "_" and "-", starting with a letter or digit, at most 63`;
  }
  if (twin === undefined) return null;
  return `the samples ${show(twin)} and ${show(name)} differ only in case: their jobs would have equal names`;
}
