import type { App } from "../wire.ts";
import { aboutRoutes } from "./about-routes.ts";
import { BRIDGE_ROUTES } from "./bridge-routes.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { NOTICE_ROUTES } from "./notice-routes.ts";
import { openApi } from "./openapi.ts";
import { HttpError, problemResponse } from "./problem-document.ts";
import { readQuery } from "./query.ts";
import { refuseTooLarge } from "./read-body.ts";
import { type Matched, matchRoute, type Route } from "./route.ts";
import { RUN_ACTION_ROUTES } from "./run-action-routes.ts";
import { RUN_PART_ROUTES } from "./run-part-routes.ts";
import { RUN_ROUTES } from "./run-routes.ts";

let document: unknown;

/** Every route of the API; the OpenAPI document is made of them when somebody asks for it. */
export const ROUTES: readonly Route[] = [
  ...RUN_ROUTES,
  ...RUN_PART_ROUTES,
  ...RUN_ACTION_ROUTES,
  ...NOTICE_ROUTES,
  ...BRIDGE_ROUTES,
  ...aboutRoutes(() => {
    document ??= openApi(ROUTES);
    return document;
  }),
];

/** The answer to one request of /v1. Never throws: whatever goes wrong is a problem document. */
export async function handleApi(app: App, request: HttpRequest): Promise<HttpResponse> {
  const warn = (text: string) => app.deps.warn(text);
  try {
    refuseTooLarge(request);
    const { route, parts } = found(request);
    if (route.method === "POST") readQuery(request.query, route.query);
    const response = await route.handle({ app, request, parts });
    return request.method === "HEAD" ? { ...response, body: "" } : response;
  } catch (error) {
    return problemResponse(error, warn, `${request.method} ${request.path.slice(0, 200)}`);
  }
}

function found({ method, path }: HttpRequest): Extract<Matched, { kind: "route" }> {
  const matched = matchRoute(ROUTES, method, path);
  switch (matched.kind) {
    case "route":
      return matched;
    case "method": {
      const allow = [...new Set(matched.allow)].join(", ");
      throw new HttpError(405, `${method.slice(0, 20)} is not possible here; ${allow} is.`, { allow });
    }
    case "nothing":
      throw new HttpError(404, "There is nothing at this address; GET /v1/openapi.json names all there is.");
    default:
      return matched satisfies never;
  }
}
