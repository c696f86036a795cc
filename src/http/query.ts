import { z } from "zod";
import { InvalidRequest } from "../app/deps.ts";
import { NOTICE_STATUSES } from "../core/notice.ts";
import { EXECUTOR_KINDS, FAILURE_CLASSES, JOB_STATUSES, RUN_STATUSES } from "../core/status.ts";
import { checkShape } from "../pipelines/check-shape.ts";
import { pathText } from "../pipelines/problem.ts";

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^-?\d{1,9}$/, { error: `expected a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine((number) => number >= least && number <= most, {
      error: `expected a whole number from ${least} to ${most}`,
    });

/** `?status=a,b` and `?status=a&status=b` are the same. */
const many = <const Words extends readonly string[]>(words: Words) => z.array(z.enum(words)).min(1).max(20);

/** A day means its beginning, UTC. */
const Moment = z
  .union([z.iso.datetime(), z.iso.date()], {
    error: "expected an instant or a day, such as 2026-02-27T10:30:00Z or 2026-02-27",
  })
  .transform((text) => (text.includes("T") ? text : `${text}T00:00:00Z`));

const Label = z
  .string()
  .regex(/^[^:=]+[:=]/, { error: "expected NAME:VALUE" })
  .transform((text): [string, string] => {
    const at = text.search(/[:=]/);
    return [text.slice(0, at), text.slice(at + 1)];
  });

const Text = z.string().min(1).max(200);
const Cursor = z.string().max(1000);

export const RunsQuery = z.strictObject({
  status: many(RUN_STATUSES).optional(),
  pipeline: Text.optional(),
  executor: z.enum(EXECUTOR_KINDS).optional(),
  since: Moment.optional().meta({ description: "created at this instant or later" }),
  until: Moment.optional().meta({ description: "created before this instant" }),
  label: z.array(Label).max(20).optional().meta({ description: "NAME:VALUE, several times" }),
  q: Text.optional().meta({ description: "found in id, name or description" }),
  limit: wholeNumber(1, 500).default(50),
  cursor: Cursor.optional().meta({ description: "from the page before" }),
});

export const JobsQuery = z.strictObject({
  status: z.enum(JOB_STATUSES).optional(),
  step: Text.optional(),
  sample: Text.optional(),
  class: z.enum(FAILURE_CLASSES).optional().meta({ description: "of any attempt" }),
  exit_code: wholeNumber(0, 999_999).optional().meta({ description: "of any attempt" }),
  limit: wholeNumber(1, 1000).default(200),
  cursor: Cursor.optional().meta({ description: "from the page before" }),
});

export const EventsQuery = z.strictObject({
  after: wholeNumber(-1, 999_999_999).default(-1).meta({ description: "only events with a greater seq" }),
  limit: wholeNumber(1, 5000).default(1000),
});

export const LogQuery = z.strictObject({
  attempt: wholeNumber(1, 9999).optional().meta({ description: "the latest, unless given" }),
  lines: wholeNumber(1, 100_000).optional().meta({ description: "the last so many, all unless given" }),
});

export const RunQuery = z.strictObject({
  jobs: z
    .enum(["true", "false"])
    .default("true")
    .transform((word) => word === "true"),
});

export const NoticesQuery = z.strictObject({
  run: Text.optional().meta({ description: "of this run: its id, name, or the beginning of either" }),
  channel: Text.optional(),
  status: many(NOTICE_STATUSES).optional(),
  limit: wholeNumber(1, 1000).default(100),
});

export const NoQuery = z.strictObject({});

/** The query in the schema's form: names that are unknown, or given twice where one is expected, are problems. */
export function readQuery<S extends z.ZodObject>(query: URLSearchParams, schema: S): z.output<S> {
  const given: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) given[name] = givenFor(query.getAll(name), schema.shape[name]);
  const shape = checkShape(schema, given);
  if (shape.data !== null) return shape.data;
  throw new InvalidRequest(
    shape.problems.map(({ path, message }) => ({ path: pathText(path), message: message.slice(0, 400) })),
  );
}

function givenFor(values: readonly string[], field: unknown): unknown {
  if (!isList(field)) return values.length === 1 ? values[0] : values;
  return holdsWords(field) ? values.flatMap((value) => value.split(",")) : values;
}

const bare = (field: unknown): unknown => (field instanceof z.ZodOptional ? field.unwrap() : field);
const isList = (field: unknown): boolean => bare(field) instanceof z.ZodArray;

/** A comma separates words of a closed list; in a label's value it is a comma. */
function holdsWords(field: unknown): boolean {
  const list = bare(field);
  return list instanceof z.ZodArray && list.element instanceof z.ZodEnum;
}
