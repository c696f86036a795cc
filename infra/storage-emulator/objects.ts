import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { invalid, noSuchObject } from "./api-error.ts";
import { type Answer, type Call, jsonBody } from "./call.ts";
import { conditionsIn } from "./conditions.ts";
import { receive } from "./content.ts";
import { openListing } from "./listing.ts";
import { attributesOf, changed, etagOf, type ObjectMetadata, objectResource } from "./object-metadata.ts";
import type { ObjectStore } from "./object-store.ts";

/** https://cloud.google.com/storage/docs/composite-objects */
const MOST_COMPONENTS = 32;

/** Everything about objects but their bytes' way in and out. */
export function objectMethods(store: ObjectStore) {
  const list = openListing(store);
  const answer = (object: ObjectMetadata, { url, query }: Call): Answer => {
    const { acl: _acl, ...body } = objectResource(object, url);
    return {
      status: 200,
      headers: { etag: etagOf(object.generation, object.metageneration) },
      body: query.get("projection") === "full" ? { ...body, acl: [] } : body,
    };
  };

  /** A copy, by the service's older method or its newer one. */
  async function copy(call: Call): Promise<ObjectMetadata> {
    const { bucket, object: name, target, query } = call;
    const said = await jsonBody(call);
    const conditions = conditionsIn(query);
    const found = await store.openContent(
      bucket,
      name,
      query.get("sourceGeneration"),
      conditionsIn(query, "ifSource"),
    );
    try {
      const attributes =
        Object.keys(said).length > 0 ? attributesOf(said) : attributesOf({ ...found.object });
      const contentType = attributes.contentType ?? found.object.contentType;
      return await put({
        ...target!,
        conditions,
        content: await store.copyOf(found),
        attributes: contentType === undefined ? attributes : { ...attributes, contentType },
        ...(found.object.componentCount === undefined ? {} : { componentCount: found.object.componentCount }),
      });
    } finally {
      await found.handle.close();
    }
  }

  async function put(
    parts: Omit<Parameters<ObjectStore["put"]>[0], "name"> & { readonly object: string },
  ): Promise<ObjectMetadata> {
    try {
      return await store.put({ ...parts, name: parts.object });
    } finally {
      await rm(parts.content.path, { force: true });
    }
  }

  async function compose(call: Call): Promise<Answer> {
    const { bucket, object, query } = call;
    const body = await jsonBody(call);
    const sources = await sourcesIn(body, bucket, store);
    const content = await receive(joined(sources.map(({ path }) => path)), store.temporaryPath());
    await Promise.all(sources.map(({ path }) => rm(path, { force: true })));
    const destination = typeof body["destination"] === "object" ? (body["destination"] as object) : {};
    const made = await put({
      ...{ bucket, object, conditions: conditionsIn(query), attributes: attributesOf({ ...destination }) },
      content: { ...content, md5Hash: null },
      componentCount: sources.reduce((sum, { components }) => sum + components, 0),
    });
    return answer(made, call);
  }

  const change = (whole: boolean) => async (call: Call) => {
    const body = await jsonBody(call);
    const conditions = conditionsIn(call.query);
    return answer(
      await store.patch(call.bucket, call.object, conditions, (before) => changed(before, body, whole)),
      call,
    );
  };

  return {
    list: async ({ bucket, query, url }: Call): Promise<Answer> => ({
      status: 200,
      body: (await list(bucket, query, url)) as object,
    }),
    async get(call: Call): Promise<Answer> {
      const { bucket, object, query } = call;
      return answer(await store.describe(bucket, object, query.get("generation"), conditionsIn(query)), call);
    },
    patch: change(false),
    update: change(true),
    async remove({ bucket, object, query }: Call): Promise<Answer> {
      await store.remove(bucket, object, query.get("generation"), conditionsIn(query));
      return { status: 204 };
    },
    compose,
    copy: async (call: Call) => answer(await copy(call), call),
    async rewrite(call: Call): Promise<Answer> {
      const made = await copy(call);
      const size = String(made.size);
      const resource = objectResource(made, call.url);
      const kind = "storage#rewriteResponse";
      return {
        status: 200,
        body: { kind, totalBytesRewritten: size, objectSize: size, done: true, resource },
      };
    },
  };
}

interface Source {
  readonly path: string;
  readonly components: number;
}

/** Copies of the objects to be joined, so that nobody changes them meanwhile. */
async function sourcesIn(
  body: Record<string, unknown>,
  bucket: string,
  store: ObjectStore,
): Promise<Source[]> {
  const given = body["sourceObjects"];
  if (!Array.isArray(given) || given.length === 0)
    throw invalid("You must provide at least one source component.");
  if (given.length > MOST_COMPONENTS)
    throw invalid(`The number of source components provided (${given.length} > ${MOST_COMPONENTS})`);
  const sources: Source[] = [];
  for (const source of given as { name?: string; generation?: string; objectPreconditions?: object }[]) {
    const match = new URLSearchParams(
      Object.entries(source.objectPreconditions ?? {}).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]),
    );
    if (!source.name) throw noSuchObject(bucket, "");
    const wanted = source.generation === undefined ? null : String(source.generation);
    const found = await store.openContent(bucket, source.name, wanted, conditionsIn(match));
    try {
      const { path } = await store.copyOf(found);
      sources.push({ path, components: found.object.componentCount ?? 1 });
    } finally {
      await found.handle.close();
    }
  }
  return sources;
}

async function* joined(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
