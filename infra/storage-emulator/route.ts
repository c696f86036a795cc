import { ApiError, invalid } from "./api-error.ts";
import type { Call, Operation } from "./call.ts";

type Place = Pick<Call, "operation" | "bucket" | "object" | "target">;

/** The JSON API's own prefix; clients with STORAGE_EMULATOR_HOST leave it out, except in uploads. */
const PREFIX = /^\/(?:(upload|download|resumable\/upload)\/)?storage\/v1(?=\/)/;

/** What a request line asks for. Throws 404 for what the API has no method for. */
export function routeOf(method: string, path: string, query: URLSearchParams): Place {
  const prefix = PREFIX.exec(path);
  const rest = path.slice(prefix?.[0].length ?? 0);
  const parts = rest.split("/").slice(1).map(decoded);
  const place = { bucket: parts[1] ?? "", object: parts[3] ?? "", target: null };
  if (parts[0] === "control") return { ...place, operation: "control", bucket: "", object: "" };
  if (parts[0] !== "b") {
    if (prefix === null && parts.length > 1 && (method === "GET" || method === "HEAD"))
      return {
        operation: "objects.media",
        bucket: parts[0] ?? "",
        object: parts.slice(1).join("/"),
        target: null,
      };
    throw notFound();
  }
  const isUpload = prefix?.[1]?.endsWith("upload") === true || query.has("upload_id");
  const isMedia = prefix?.[1] === "download" || query.get("alt") === "media";
  const operation = isUpload ? uploadOperation(method, parts, query) : operationOf(method, parts, isMedia);
  if (operation === "objects.copy" || operation === "objects.rewrite")
    return { ...place, operation, target: { bucket: parts[6]!, object: parts[8]! } };
  if (isUpload) return { ...place, operation, object: query.get("name") ?? "" };
  return { ...place, operation };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`The path has a % that is no percent-encoded UTF-8: '${part}'.`);
  }
}

const notFound = () => new ApiError(404, "notFound", "Not Found");

function uploadOperation(method: string, parts: readonly string[], query: URLSearchParams): Operation {
  if (parts.length !== 3 || parts[2] !== "o") throw notFound();
  if (query.has("upload_id")) {
    if (method === "PUT" || method === "POST") return "uploads.continue";
    if (method === "DELETE") return "uploads.cancel";
  }
  if (method !== "POST") throw notFound();
  return query.get("uploadType") === "resumable" ? "uploads.start" : "objects.insert";
}

/** By the number of path parts and what stands third and fifth: `b/B/o/O/rewriteTo/b/DB/o/DO`. */
function operationOf(method: string, parts: readonly string[], isMedia: boolean): Operation {
  const verb = method === "HEAD" ? "GET" : method;
  const [, , kind, , action, , , toKind] = parts;
  const shape = `${verb} ${parts.length}${kind === undefined ? "" : ` ${kind}`}${action === undefined ? "" : ` ${action}`}`;
  switch (shape) {
    case "GET 1":
      return "buckets.list";
    case "POST 1":
      return "buckets.insert";
    case "GET 2":
      return "buckets.get";
    case "DELETE 2":
      return "buckets.delete";
    case "GET 3 storageLayout":
      return "buckets.getStorageLayout";
    case "GET 4 iam":
      return "buckets.testIamPermissions";
    case "GET 3 o":
      return "objects.list";
    case "GET 4 o":
      return isMedia ? "objects.media" : "objects.get";
    case "PATCH 4 o":
      return "objects.patch";
    case "PUT 4 o":
      return "objects.update";
    case "DELETE 4 o":
      return "objects.delete";
    case "POST 5 o compose":
      return "objects.compose";
    case "POST 9 o copyTo":
    case "POST 9 o rewriteTo":
      if (toKind === "o") return action === "copyTo" ? "objects.copy" : "objects.rewrite";
  }
  throw notFound();
}
