import { AdapterError } from "../ports.ts";
import type { AccessToken } from "./access-token.ts";

export interface BucketParts {
  readonly accessToken: AccessToken;
  /** `http://127.0.0.1:9199` instead of the real service; it is asked without a token. */
  readonly emulator: string | null;
  readonly fetch?: typeof fetch;
}

/** Small text files of buckets, by plain HTTP: for what needs no storage client. Errors are `AdapterError`s; `ENOENT` is none there. */
export interface BucketText {
  /** The text; fetched again only when its generation has changed since. */
  read(uri: string): Promise<string>;
  /** Names below `gs://bucket/folder`, without the folder; not those of deeper folders. */
  list(folder: string): Promise<string[]>;
}

const TIMEOUT = 15_000;
const MOST_BYTES = 16 * 2 ** 20;

/** https://cloud.google.com/storage/docs/json_api/v1/objects */
export function openBucketText({ accessToken, emulator, fetch = globalThis.fetch }: BucketParts): BucketText {
  const kept = new Map<string, { readonly generation: string; readonly text: string }>();
  const base = `${(emulator ?? "https://storage.googleapis.com").replace(/\/$/, "")}/storage/v1/b`;

  const get = async (what: string, path: string): Promise<Response> => {
    const headers = emulator === null ? { authorization: `Bearer ${await accessToken()}` } : undefined;
    try {
      return await fetch(`${base}/${path}`, {
        ...(headers ? { headers } : {}),
        signal: AbortSignal.timeout(TIMEOUT),
        redirect: "error",
      });
    } catch (error) {
      throw new AdapterError(`${what}: Cloud Storage does not answer`, {
        code: "unavailable",
        retryable: true,
        cause: error,
      });
    }
  };

  return {
    async read(uri) {
      const { bucket, name } = placeOf(uri);
      const known = kept.get(uri);
      const unless = known ? `&ifGenerationNotMatch=${known.generation}` : "";
      const answer = await get(uri, `${bucket}/o/${encodeURIComponent(name)}?alt=media${unless}`);
      if (answer.status === 304 && known) return known.text;
      if (!answer.ok) throw refused(uri, answer.status);
      if (Number(answer.headers.get("content-length") ?? 0) > MOST_BYTES)
        throw new AdapterError(`${uri} has more than 16 MiB`, { code: "too_large", retryable: false });
      const text = await answer.text();
      const generation = answer.headers.get("x-goog-generation");
      if (generation !== null) kept.set(uri, { generation, text });
      return text;
    },
    async list(folder) {
      const { bucket, name } = placeOf(folder.endsWith("/") ? folder : `${folder}/`);
      const names: string[] = [];
      for (let token = ""; ; ) {
        const query = new URLSearchParams({
          prefix: name,
          delimiter: "/",
          fields: "items/name,nextPageToken",
        });
        if (token !== "") query.set("pageToken", token);
        const answer = await get(folder, `${bucket}/o?${query}`);
        if (!answer.ok) throw refused(folder, answer.status);
        const page = (await answer.json()) as { items?: { name: string }[]; nextPageToken?: string };
        names.push(...(page.items ?? []).map((item) => item.name.slice(name.length)));
        token = page.nextPageToken ?? "";
        if (token === "") return names.filter((each) => each !== "");
      }
    },
  };
}

function placeOf(uri: string): { bucket: string; name: string } {
  const parts = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,221})\/(.*)$/s.exec(uri);
  const name = parts?.[2] ?? "";
  if (!parts || name.split("/").some((part) => part === ".." || part === "."))
    throw new AdapterError(`${uri} is no address of a file in a bucket; expected gs://bucket/name`, {
      code: "bad_uri",
      retryable: false,
    });
  return { bucket: parts[1]!, name };
}

function refused(uri: string, status: number): AdapterError {
  const words: Readonly<Record<number, string>> = {
    401: "the credentials are not accepted",
    403: "permission denied: the account needs roles/storage.objectViewer on the bucket",
    404: "there is no such file",
  };
  const code = status === 404 ? "ENOENT" : status === 403 ? "EACCES" : `HTTP ${status}`;
  return new AdapterError(`${uri}: ${words[status] ?? `Cloud Storage answered ${status}`}`, {
    code,
    retryable: status === 429 || status >= 500,
  });
}
