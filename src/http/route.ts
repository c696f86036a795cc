import type { z } from "zod";
import type { App } from "../wire.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";

/** What a handler is given: the request, and the parts of its path by name, decoded. */
export interface Call {
  readonly app: App;
  readonly request: HttpRequest;
  readonly parts: Readonly<Record<string, string>>;
}

/** One route: how it is answered, and all that the OpenAPI document says of it. */
export interface Route {
  readonly method: "GET" | "POST";
  /** `/v1/runs/{id}`. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  /** The JSON body, for a POST. */
  readonly body?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
  /** By status; null: plain text. */
  readonly answers: Readonly<Record<number, { readonly about: string; readonly schema: z.ZodType | null }>>;
  /** The problem documents that it may answer with, besides 400, 405 and 500. */
  readonly problems: readonly number[];
  readonly handle: (call: Call) => Promise<HttpResponse>;
}

export type Matched =
  | { readonly kind: "route"; readonly route: Route; readonly parts: Readonly<Record<string, string>> }
  /** The path is there, and is not asked like this. */
  | { readonly kind: "method"; readonly allow: readonly string[] }
  | { readonly kind: "nothing" };

/** The route of a path, still encoded, and a method. HEAD is answered as GET. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Matched {
  const fits = routes.flatMap((route) => {
    const parts = matchPath(route.path, path);
    return parts === null ? [] : [{ route, parts }];
  });
  const wanted = method === "HEAD" ? "GET" : method;
  const found = fits.find(({ route }) => route.method === wanted);
  if (found) return { kind: "route", ...found };
  if (fits.length === 0) return { kind: "nothing" };
  const allow = fits.flatMap(({ route }) => (route.method === "GET" ? ["GET", "HEAD"] : [route.method]));
  return { kind: "method", allow };
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const parts: Record<string, string> = {};
  for (const [at, word] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(word)?.[1];
    const value = decodePart(given[at]!);
    if (value === null) return null;
    if (name === undefined ? word !== value : value === "") return null;
    if (name !== undefined) parts[name] = value;
  }
  return parts;
}

/** Null for what is no percent-encoding: there is nothing at such an address. */
function decodePart(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
