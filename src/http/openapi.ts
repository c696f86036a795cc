import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { ProblemSchema } from "./documents.ts";
import type { Route } from "./route.ts";
import { packageVersion } from "./version.ts";

type Json = Readonly<Record<string, unknown>>;

/** The API in OpenAPI 3.1, made of the same routes and schemas that answer it. */
export function openApi(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: "3.1.0",
    info: { title: "BioAgent", version: packageVersion(), license: { name: "Apache-2.0" } },
    paths,
    components: {
      schemas: { Problem: schemaOf(ProblemSchema, "output") },
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    },
    security: [{ bearer: [] }, {}],
  };
}

function operation(route: Route): Json {
  return {
    operationId: route.operation,
    summary: route.summary,
    parameters: parameters(route),
    ...(route.body ? { requestBody: requestBody(route) } : {}),
    responses: responses(route),
  };
}

/** What is sent is described before its defaults and conversions (`input`), what is answered after them. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}

const ABOUT: Readonly<Record<string, string>> = {
  id: "A run's id, name, or the unique beginning of one",
  job: "A job's key",
  channel: "A channel's name, as the configuration has it",
  notice: "A notice's id, percent-encoded",
};

function parameters(route: Route): Json[] {
  const path = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: ABOUT[name!] ?? "",
    schema: { type: "string" },
  }));
  const query = Object.entries(route.query.shape).map(([name, field]) => ({
    name,
    in: "query",
    required: false,
    schema: schemaOf(field as z.ZodType, "input"),
  }));
  const headers = Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return [...path, ...query, ...headers];
}

function requestBody({ body }: Route): Json {
  const required = body !== undefined && !body.safeParse({}).success;
  return { required, content: { "application/json": { schema: schemaOf(body!, "input") } } };
}

function responses(route: Route): Json {
  const answers = Object.entries(route.answers).map(([status, { about, schema }]) => [
    status,
    {
      description: about,
      content: schema
        ? { "application/json": { schema: schemaOf(schema, "output") } }
        : { "text/plain": { schema: { type: "string" } } },
    },
  ]);
  const problems = [400, 405, ...route.problems, 500, 503]
    .filter((status) => !(status in route.answers))
    .map((status) => [String(status), problemResponse(status)]);
  return Object.fromEntries([...answers, ...problems]) as Json;
}

const problemResponse = (status: number): Json => ({
  description: STATUS_CODES[status],
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});
