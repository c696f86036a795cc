import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiError, invalid } from "./api-error.ts";
import { type Answer, type Call, jsonBody } from "./call.ts";
import { checkBucketName } from "./names.ts";
import type { ObjectStore } from "./object-store.ts";
import { namesBelow } from "./tree.ts";

/** Every folder of the directory is a bucket, also one that was made by hand; what else is said of it is kept aside. */
export function bucketMethods(store: ObjectStore) {
  const kept = join(store.directory, ".metadata", "buckets");

  async function resource(name: string, url: string): Promise<Record<string, unknown>> {
    const said = await readFile(join(kept, `${name}.json`), "utf8").then(
      (text) => JSON.parse(text) as Record<string, unknown>,
      () => ({}),
    );
    return {
      ...{ kind: "storage#bucket", id: name, name, selfLink: `${url}/storage/v1/b/${name}` },
      ...{ projectNumber: "1", metageneration: "1", location: "US", storageClass: "STANDARD", etag: "CAE=" },
      ...said,
    };
  }

  return {
    async list({ query, url }: Call): Promise<Answer> {
      requireProject(query);
      const names = (await store.bucketNames()).filter((name) => name.startsWith(query.get("prefix") ?? ""));
      const items = await Promise.all(names.map((name) => resource(name, url)));
      return { status: 200, body: { kind: "storage#buckets", ...(items.length > 0 ? { items } : {}) } };
    },

    async insert(call: Call): Promise<Answer> {
      requireProject(call.query);
      const { name, location, storageClass, labels } = await jsonBody(call);
      if (typeof name !== "string") throw invalid("Required parameter: name");
      checkBucketName(name);
      if (await store.hasBucket(name))
        throw new ApiError(
          409,
          "conflict",
          "Your previous request to create the named bucket succeeded and you already own it.",
        );
      const place = typeof location === "string" ? { location: location.toUpperCase() } : {};
      const said = { ...place, storageClass, labels, timeCreated: new Date().toISOString() };
      const temporary = store.temporaryPath();
      await writeFile(temporary, JSON.stringify(said));
      await mkdir(kept, { recursive: true });
      await rename(temporary, join(kept, `${name}.json`));
      await mkdir(join(store.directory, name), { recursive: true });
      return { status: 200, body: await resource(name, call.url) };
    },

    async get({ bucket, url }: Call): Promise<Answer> {
      await store.requireBucket(bucket);
      return { status: 200, body: await resource(bucket, url) };
    },

    async remove({ bucket }: Call): Promise<Answer> {
      await store.requireBucket(bucket);
      const folder = join(store.directory, bucket);
      if ((await namesBelow(folder, "", false)).length > 0)
        throw new ApiError(409, "conflict", "The bucket you tried to delete is not empty.");
      await rm(folder, { recursive: true });
      await rm(join(kept, `${bucket}.json`), { force: true });
      return { status: 204 };
    },

    /** A bucket without real folders, as most are; gcloud asks before it moves something. */
    async getStorageLayout({ bucket, url }: Call): Promise<Answer> {
      await store.requireBucket(bucket);
      const { location } = await resource(bucket, url);
      const kind = "storage#storageLayout";
      return { status: 200, body: { kind, bucket, location, hierarchicalNamespace: { enabled: false } } };
    },

    /** Whoever asks may do everything here; a fault says otherwise. */
    async testIamPermissions({ bucket, query }: Call): Promise<Answer> {
      await store.requireBucket(bucket);
      const permissions = query.getAll("permissions");
      return { status: 200, body: { kind: "storage#testIamPermissionsResponse", permissions } };
    },
  };
}

function requireProject(query: URLSearchParams): void {
  if (!query.get("project"))
    throw new ApiError(400, "required", "Required parameter: project", {
      domain: "global",
      locationType: "parameter",
      location: "project",
    });
}
