import { type Answer, type Http, isOk } from "./http.ts";
import { listAt, textAt } from "./json.ts";

/** Objects of the given bucket, under the run's own prefix only. */
export interface StorageRest {
  /** `gs://` without the scheme: `BUCKET/PREFIX`, for a volume's `remotePath`. */
  readonly path: string;
  /** Whether it can be listed: this needs no permission that reading and writing objects does not. */
  bucket(): Promise<Answer>;
  write(name: string, text: string): Promise<Answer>;
  read(name: string): Promise<Answer>;
  /** Names without the prefix. */
  list(under?: string): Promise<string[]>;
  removeAll(): Promise<void>;
}

export function createStorageRest(http: Http, base: string, bucket: string, prefix: string): StorageRest {
  const object = (name: string): string =>
    `/storage/v1/b/${bucket}/o/${encodeURIComponent(`${prefix}/${name}`)}`;
  const list = async (under = ""): Promise<string[]> => {
    const query = { prefix: `${prefix}/${under}`, maxResults: 1000 };
    const answer = await http({ base, method: "GET", path: `/storage/v1/b/${bucket}/o`, query });
    return listAt(answer.body, "items").map((item) => textAt(item, "name").slice(prefix.length + 1));
  };
  return {
    path: `${bucket}/${prefix}`,
    bucket: () =>
      http({ base, method: "GET", path: `/storage/v1/b/${bucket}/o`, query: { prefix, maxResults: 1 } }),
    write: (name, text) =>
      http({
        base,
        method: "POST",
        path: `/upload/storage/v1/b/${bucket}/o`,
        query: { uploadType: "media", name: `${prefix}/${name}` },
        body: text,
        headers: { "content-type": "text/plain" },
      }),
    read: (name) => http({ base, method: "GET", path: object(name), query: { alt: "media" } }),
    list,
    async removeAll() {
      // A listing holds what fits on one page; what a run writes is far less, but a crashed one may have left more.
      for (let names = await list(); names.length > 0; names = await list()) {
        const answers = await Promise.all(
          names.map((name) => http({ base, method: "DELETE", path: object(name) })),
        );
        if (!answers.some(isOk)) return;
      }
    },
  };
}
