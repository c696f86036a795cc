import { SAMPLE_COLUMN } from "../core/environment.ts";
import { inOrder, type LocatedProblem, locatedProblem, show } from "./problem.ts";
import type { SampleSheet } from "./read-samplesheet.ts";
import { MOST_ROWS } from "./read-samplesheet.ts";
import { sampleNameProblem } from "./sample-name.ts";

/** Samples named by hand, `a,b,c`: as a sheet whose only column is `sample`. Blanks around a name do not count; `column` is the place in the text. */
export function readSampleList(text: string): SampleSheet {
  let column = 1;
  const names = text.split(",").map((part) => {
    const lead = part.length - part.trimStart().length;
    const name = { name: part.trim(), column: column + lead };
    column += part.length + 1;
    return name;
  });
  return listedSamples(names);
}

/** Samples as a request names them, `["a", "b"]`: the same rules; `column` is the place in the list, from 1. */
export const readSampleNames = (names: readonly string[]): SampleSheet =>
  listedSamples(names.map((name, index) => ({ name, column: index + 1 })));

function listedSamples(names: readonly { readonly name: string; readonly column: number }[]): SampleSheet {
  const problems =
    names.length > MOST_ROWS ? [problem("", `more than ${MOST_ROWS} samples`, 1)] : listProblems(names);
  if (names.length === 0) problems.push(problem("", "no sample is named", 1));
  const samples =
    problems.length > 0 ? [] : names.map(({ name }) => ({ sample: name, rows: [{ [SAMPLE_COLUMN]: name }] }));
  return { samples, columns: [SAMPLE_COLUMN], problems: inOrder(problems) };
}

function listProblems(
  names: readonly { readonly name: string; readonly column: number }[],
): LocatedProblem[] {
  const seen = new Map<string, string>();
  return names.flatMap(({ name, column }) => {
    const twin = seen.get(name.toLowerCase());
    const found =
      twin === name && name !== ""
        ? `the sample ${show(name)} is named twice`
        : sampleNameProblem(name, twin);
    if (twin === undefined) seen.set(name.toLowerCase(), name);
    return found === null ? [] : [problem(name, found, column)];
  });
}

const problem = (name: string, message: string, column: number): LocatedProblem =>
  locatedProblem(name === "" ? [] : [name], message, { line: 1, column });
