import type { z } from "zod";
import { InvalidRequest } from "../app/deps.ts";
import { checkShape } from "../pipelines/check-shape.ts";
import { pathText } from "../pipelines/problem.ts";
import { type HttpRequest, MOST_BODY_BYTES } from "./message.ts";
import { HttpError } from "./problem-document.ts";

/** Brackets within brackets; a start request with a pipeline inside has 8. */
const DEEPEST = 64;

/** Refuses a body that is too long by what its sender says of it, or by what came of it; nothing of it is parsed. */
export function refuseTooLarge({ headers, body }: Pick<HttpRequest, "headers" | "body">): void {
  const declared = Number(headers["content-length"] ?? 0);
  if (Math.max(declared, body.byteLength) <= MOST_BODY_BYTES) return;
  throw new HttpError(
    413,
    `A request has at most ${MOST_BODY_BYTES / 2 ** 20} MiB; this one was not read. Give a large sample sheet as "samplesheet".`,
  );
}

/** The JSON body in the schema's form. No body is `{}`: actions without conditions need none. Every problem at once. */
export function readBody<S extends z.ZodType>(request: HttpRequest, schema: S): z.output<S> {
  const shape = checkShape(schema, parseJson(request));
  if (shape.data !== null) return shape.data;
  throw new InvalidRequest(
    shape.problems.map(({ path, message }) => ({ path: pathText(path), message: message.slice(0, 400) })),
  );
}

function parseJson(request: HttpRequest): unknown {
  refuseTooLarge(request);
  if (request.body.byteLength === 0) return {};
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new HttpError(415, 'The body must be JSON: send it with "Content-Type: application/json".', {
      accept: "application/json",
    });
  }
  const text = decode(request.body);
  if (nestedTooDeep(text)) throw notJson(`brackets are nested more than ${DEEPEST} levels deep`);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words quote the body; a start request may be private, so only the place is told.
    const place = /position \d+(?: \(line \d+ column \d+\))?/.exec(String(error))?.[0];
    throw notJson(`the body is not JSON${place ? ` (at ${place})` : ""}`);
  }
}

const notJson = (message: string): InvalidRequest => new InvalidRequest([{ path: "", message }]);

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    // A TypeError is how the decoder says that the bytes are no UTF-8.
    throw notJson("the body is not text in UTF-8");
  }
}

/** One pass over the text, so that what walks the value later never runs out of stack. */
function nestedTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign === "\\") at++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === "[" || sign === "{") depth++;
    else if (sign === "]" || sign === "}") depth--;
    if (depth > DEEPEST) return true;
  }
  return false;
}
