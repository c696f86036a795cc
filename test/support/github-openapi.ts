import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";

/** A part of GitHub's own OpenAPI description; `scripts/extract-github-openapi.ts` makes it. */
const DESCRIPTION: {
  readonly operations: readonly {
    readonly id: string;
    readonly method: string;
    readonly path: string;
    readonly parameters: readonly {
      name: string;
      in: string;
      required: boolean;
      schema: { type?: string };
    }[];
    readonly body: unknown;
    readonly responses: Readonly<Record<string, unknown>>;
  }[];
  readonly definitions: Readonly<Record<string, unknown>>;
} = JSON.parse(readFileSync(new URL("../fixtures/github-openapi.json", import.meta.url), "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true });
for (const format of ["uri", "uri-template", "repo.nwo", "email", "timestamp", "int64"])
  ajv.addFormat(format, true);
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
ajv.addSchema(DESCRIPTION, "github");

export interface GithubCall {
  readonly id: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The operation that a request means, with its path's parameters; null: GitHub has none that we know. */
export function operationOf(method: string, url: URL): GithubCall | null {
  for (const { id, path, ...operation } of DESCRIPTION.operations) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!);
    const pattern = path.replaceAll(/\{(\w+)\}/g, (_, name) =>
      name === "path" || name === "ref" ? "(.+)" : "([^/]+)",
    );
    const found = operation.method === method ? new RegExp(`^${pattern}$`).exec(url.pathname) : null;
    if (!found) continue;
    const values = found.slice(1).map(decodeURIComponent);
    return { id, parameters: Object.fromEntries(names.map((name, at) => [name, values[at]!])) };
  }
  return null;
}

/** What is wrong with a request by the description, in words; empty: nothing. */
export function requestProblems({ id }: GithubCall, query: URLSearchParams, body: unknown): string[] {
  const operation = operationNamed(id);
  const known = operation.parameters.filter((parameter) => parameter.in === "query");
  const strangers = [...query.keys()].filter((name) => !known.some((parameter) => parameter.name === name));
  const wrong = known.flatMap((parameter) => {
    const given = query.get(parameter.name);
    if (given === null) return parameter.required ? [`${parameter.name} is missing`] : [];
    const value = parameter.schema.type === "integer" ? Number(given) : given;
    return ajv.validate(parameter.schema, value) ? [] : [`${parameter.name}: ${ajv.errorsText()}`];
  });
  const bodyProblems = operation.body === null ? [] : problems(`operations/${indexOf(id)}/body`, body);
  return [...strangers.map((name) => `${name} is no parameter`), ...wrong, ...bodyProblems];
}

/** What is wrong with an answer by the description; a status that it does not name has no known form. */
export function answerProblems({ id }: GithubCall, status: number, body: unknown): string[] {
  const schema = operationNamed(id).responses[String(status)];
  return schema === undefined || schema === null
    ? []
    : problems(`operations/${indexOf(id)}/responses/${status}`, body);
}

/** The least answer that the description allows, with these values over it. */
export function answerOf({ id }: GithubCall, status: number, values: unknown): unknown {
  return over(
    least(operationNamed(id).responses[String(status)]),
    values,
    operationNamed(id).responses[String(status)],
  );
}

const indexOf = (id: string): number => DESCRIPTION.operations.findIndex((operation) => operation.id === id);
const operationNamed = (id: string) => DESCRIPTION.operations[indexOf(id)]!;

const compiled = new Map<string, ValidateFunction>();
function problems(place: string, value: unknown): string[] {
  const validate = compiled.get(place) ?? ajv.compile({ $ref: `github#/${place}` });
  compiled.set(place, validate);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minLength?: number;
  readonly anyOf?: readonly unknown[];
  readonly allOf?: readonly unknown[];
  readonly items?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

function resolved(schema: unknown): Schema {
  const it = (schema ?? {}) as Schema;
  return it.$ref ? resolved(DESCRIPTION.definitions[it.$ref.replace("#/definitions/", "")]) : it;
}

function least(schema: unknown): unknown {
  const it = resolved(schema);
  if (it.enum) return it.enum[0];
  if (it.anyOf) return it.anyOf.some((form) => resolved(form).type === "null") ? null : least(it.anyOf[0]);
  if (it.allOf) return Object.assign({}, ...it.allOf.map(least));
  const type = Array.isArray(it.type) ? it.type[0] : it.type;
  if (type === "array") return [];
  if (type === "boolean") return false;
  if (type === "integer" || type === "number") return 1;
  if (type === "string") return leastText(it);
  const fields = (it.required ?? []).map((name) => [name, least(it.properties?.[name])]);
  return Object.fromEntries(fields);
}

function leastText({ format, minLength = 0 }: Schema): string {
  if (format === "date-time") return "2026-02-27T10:00:00Z";
  if (format === "uri") return "https://github.example/";
  return "0".repeat(minLength);
}

/** Objects field by field; where the description would have null, an object grows as its own form wants. */
function over(base: unknown, values: unknown, schema: unknown): unknown {
  const it = resolved(schema);
  if (Array.isArray(values)) return values.map((value) => over(least(it.items), value, it.items));
  if (typeof values !== "object" || values === null) return values;
  const form = it.anyOf?.map(resolved).find((each) => each.properties) ?? it;
  const whole = (base === null || typeof base !== "object" ? least(form) : base) as Record<string, unknown>;
  const fields = Object.entries(values).map(([name, value]) => [
    name,
    over(whole[name], value, form.properties?.[name]),
  ]);
  return { ...whole, ...Object.fromEntries(fields) };
}
