import { Pipeline, type Problem } from "../core/pipeline.ts";
import { pipelineProblems, pipelineWarnings } from "../core/pipeline-problems.ts";
import { checkShape } from "./check-shape.ts";
import { patternProblem } from "./patterns.ts";
import { listPatterns, pipelineSketch } from "./pipeline-sketch.ts";
import { inOrder, type LocatedProblem, pathText, show } from "./problem.ts";
import { readDocument, type SourceDocument } from "./read-document.ts";

export interface ReadPipeline {
  /** Null as soon as there is one problem. */
  readonly pipeline: Pipeline | null;
  readonly problems: readonly LocatedProblem[];
  /** Allowed, and probably not meant. */
  readonly warnings: readonly LocatedProblem[];
}

/**
 * Reads a pipeline from YAML or JSON and names everything that is wrong with it, with line and column: the text, the
 * fields, what fields say of one another, and patterns. Never throws. `source` is what the file is called.
 */
export function readPipeline(text: string, { source }: { source: string }): ReadPipeline {
  const document = readDocument(text);
  if (!document.readable) return { pipeline: null, problems: document.problems, warnings: [] };
  if (document.value === null) {
    const message = `${source} is empty: a pipeline has at least "pipeline: NAME" and "steps:"`;
    return { pipeline: null, problems: [...document.problems, document.locate([], message)], warnings: [] };
  }
  const shape = checkShape(Pipeline, document.value);
  const problems = allProblems(document, shape.data, shape.problems);
  if (shape.data === null || problems.length > 0) return { pipeline: null, problems, warnings: [] };
  return { pipeline: shape.data, problems: [], warnings: warningsOf(document, shape.data) };
}

function allProblems(
  document: SourceDocument,
  pipeline: Pipeline | null,
  shape: readonly (Problem & { at: "key" | "value" })[],
): LocatedProblem[] {
  const taken = new Set(document.problems.map((problem) => problem.path));
  const fields = shape.filter((problem) => !taken.has(pathText(problem.path)));
  for (const problem of fields) taken.add(pathText(problem.path));
  const cross = pipelineProblems(pipeline ?? pipelineSketch(document.value));
  const others = [...cross, ...patternProblems(document.value)].filter(
    (problem) => !taken.has(pathText(problem.path)),
  );
  return inOrder([
    ...document.problems,
    ...fields.map((problem) => document.locate(problem.path, problem.message, problem.at)),
    ...others.map((problem) => document.locate(problem.path, problem.message)),
  ]);
}

const patternProblems = (value: unknown): Problem[] =>
  listPatterns(value).flatMap(({ path, pattern }) => {
    const reason = patternProblem(pattern);
    return reason === null ? [] : [{ path, message: `${show(pattern)} is no pattern (RE2): ${reason}` }];
  });

function warningsOf(document: SourceDocument, pipeline: Pipeline): LocatedProblem[] {
  const numbers = Object.entries(pipeline.params).flatMap(([name, value]): Problem[] => {
    const path = ["params", name];
    const spelling = document.spelling(path);
    if (typeof value !== "number" || spelling === null || spelling === String(value)) return [];
    return [
      {
        path,
        message: `${spelling} is read as the number ${value}: put it into quotes if the text is meant`,
      },
    ];
  });
  return inOrder(
    [...numbers, ...pipelineWarnings(pipeline)].map(({ path, message }) => document.locate(path, message)),
  );
}
