import { z } from "zod";
import { Health } from "./documents.ts";
import { type HttpResponse, json } from "./message.ts";
import { NoQuery } from "./query.ts";
import type { Call, Route } from "./route.ts";
import { packageVersion } from "./version.ts";

/** 503 when the store does not answer: whoever asks need not know why, the log does. */
async function health({ app }: Call): Promise<HttpResponse> {
  const about = {
    store: app.config.store.kind,
    executors: [...app.deps.executors.keys()],
    version: packageVersion(),
  };
  try {
    await app.deps.store.uid();
    return json(200, { status: "ok", ...about });
  } catch (error) {
    app.deps.warn(`health: the store does not answer: ${error instanceof Error ? error.message : error}`);
    return json(503, { status: "unavailable", ...about }, { "retry-after": "5" });
  }
}

/** `openapi` makes the document; it is given, because the document names this route too. */
export const aboutRoutes = (openapi: () => unknown): readonly Route[] => [
  {
    method: "GET",
    path: "/v1/health",
    operation: "health",
    summary: "Whether the service and its store work",
    query: NoQuery,
    answers: {
      200: { about: "They do.", schema: Health },
      503: { about: "The store does not answer.", schema: Health },
    },
    problems: [],
    handle: health,
  },
  {
    method: "GET",
    path: "/v1/openapi.json",
    operation: "openapi",
    summary: "This API in OpenAPI 3.1",
    query: NoQuery,
    answers: { 200: { about: "The document.", schema: z.record(z.string(), z.unknown()) } },
    problems: [],
    handle: async () => json(200, openapi()),
  },
];
