/**
 * Takes out of GitHub's own OpenAPI description what the pull request channel uses, so that tests hold both sides to it:
 * `node scripts/extract-github-openapi.ts octokit-openapi-23.0.2.tgz` (`npm pack @octokit/openapi`, MIT) writes
 * `test/fixtures/github-openapi.json` (`npm run format` lays it out). Of answers only what is always there is kept, and the
 * few optional fields named here.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const OPERATIONS = [
  "repos/get",
  "repos/get-content",
  "repos/create-or-update-file-contents",
  "git/get-ref",
  "git/create-ref",
  "git/get-commit",
  "git/create-tree",
  "git/create-commit",
  "pulls/list",
  "pulls/get",
  "pulls/create",
  "pulls/update",
  "issues/list-comments",
  "issues/create-comment",
];
/** Read by the channel although an answer need not hold them. */
const READ_FIELDS = [
  "body",
  "sha",
  "content",
  "encoding",
  "permissions",
  "errors",
  "message",
  "documentation_url",
];
const DROPPED = [
  "discriminator",
  "description",
  "summary",
  "example",
  "examples",
  "title",
  "externalDocs",
  "deprecated",
  "x-github",
];
const TARGET = new URL("../test/fixtures/github-openapi.json", import.meta.url);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fieldsOf = (value: Json | undefined): Fields => (isFields(value) ? value : {});
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function main(archive: string | undefined): void {
  if (archive === undefined) throw new Error("give the archive of @octokit/openapi as the only argument");
  const read = (file: string) =>
    execFileSync("tar", ["-xzOf", archive, `package/${file}`], { maxBuffer: 2 ** 28, encoding: "utf8" });
  const document: Fields = JSON.parse(read("generated/api.github.com.json"));
  const { name, version }: { name: string; version: string } = JSON.parse(read("package.json"));
  const definitions = new Map<string, string>();
  const operations = operationsOf(document).map((operation) => shared(operation, definitions));
  const extract = {
    origin: `Extracted from generated/api.github.com.json of ${name} ${version} by scripts/extract-github-openapi.ts`,
    license: read("LICENSE").trim().split("\n"),
    operations,
    definitions: Object.fromEntries([...definitions].map(([text, name]) => [name, JSON.parse(text)])),
  };
  writeFileSync(TARGET, `${JSON.stringify(extract, null, 1)}\n`);
}

function operationsOf(document: Fields): Fields[] {
  const found = Object.entries(fieldsOf(document["paths"])).flatMap(([path, methods]) =>
    Object.entries(fieldsOf(methods)).flatMap(([method, operation]) => {
      const id = fieldsOf(operation)["operationId"];
      if (typeof id !== "string" || !OPERATIONS.includes(id)) return [];
      return [{ id, method: method.toUpperCase(), path, ...partsOf(document, fieldsOf(operation)) }];
    }),
  );
  if (found.length !== OPERATIONS.length) throw new Error(`found ${found.length} of ${OPERATIONS.length}`);
  return found;
}

function partsOf(document: Fields, operation: Fields): Fields {
  const parameters = listOf(operation["parameters"]).map((parameter) => {
    const { name, in: place, required, schema } = fieldsOf(resolve(document, parameter));
    return { name: name!, in: place!, required: required ?? false, schema: requestSchema(document, schema!) };
  });
  const body = jsonSchema(operation["requestBody"]);
  const responses = Object.entries(fieldsOf(operation["responses"])).map(([status, response]) => {
    const schema = jsonSchema(resolve(document, response));
    return [status, schema === undefined ? null : responseSchema(document, schema)] as const;
  });
  return {
    parameters,
    body: body === undefined ? null : requestSchema(document, body),
    responses: Object.fromEntries(responses),
  };
}

const jsonSchema = (holder: Json | undefined): Json | undefined =>
  fieldsOf(fieldsOf(fieldsOf(holder)["content"])["application/json"])["schema"];

function resolve(document: Fields, value: Json): Json {
  const reference = fieldsOf(value)["$ref"];
  if (typeof reference !== "string") return value;
  const target = reference
    .slice(2)
    .split("/")
    .reduce<Json>((at, key) => fieldsOf(at)[key] ?? null, document);
  return resolve(document, target);
}

/** Closed: a field that GitHub does not know is a fault of ours. */
function requestSchema(document: Fields, schema: Json): Json {
  return rewritten(document, schema, (fields) =>
    isFields(fields["properties"]) && fields["additionalProperties"] === undefined
      ? { ...fields, additionalProperties: false }
      : fields,
  );
}

function responseSchema(document: Fields, schema: Json): Json {
  return rewritten(document, schema, (fields) => {
    if (!isFields(fields["properties"])) return fields;
    const required = listOf(fields["required"]);
    const kept = Object.entries(fields["properties"]).filter(
      ([name]) => required.includes(name) || READ_FIELDS.includes(name),
    );
    return { ...fields, properties: Object.fromEntries(kept) };
  });
}

/** Without references, words for people, and OpenAPI's own `nullable`. */
function rewritten(document: Fields, schema: Json, change: (fields: Fields) => Fields): Json {
  if (Array.isArray(schema)) return schema.map((item) => rewritten(document, item, change));
  if (!isFields(schema)) return schema;
  const { nullable, ...fields } = change(fieldsOf(resolve(document, schema)));
  const entries = Object.entries(fields)
    .filter(([key]) => !DROPPED.includes(key))
    // Of several forms more than one may fit: GitHub's "one of" two kinds of error is always both.
    .map(([key, value]): [string, Json] => [key === "oneOf" ? "anyOf" : key, value])
    .map(([key, value]): [string, Json] => [key, key === "properties" ? inner(value) : rewrite(value)]);
  function rewrite(value: Json): Json {
    return rewritten(document, value, change);
  }
  function inner(properties: Json): Json {
    return Object.fromEntries(
      Object.entries(fieldsOf(properties)).map(([key, value]) => [key, rewrite(value)]),
    );
  }
  const plain = Object.fromEntries(entries);
  return nullable === true ? { anyOf: [{ type: "null" }, plain] } : plain;
}

/** A user, a repository, a pull request occur many times: each is kept once. */
const SHARED_CHARS = 400;

function shared(value: Json, definitions: Map<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => shared(item, definitions));
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, shared(inner, definitions)] as const);
  const slim: Fields = Object.fromEntries(entries);
  const text = JSON.stringify(slim);
  if (text.length < SHARED_CHARS || !isFields(value["properties"])) return slim;
  if (!definitions.has(text)) definitions.set(text, `s${definitions.size + 1}`);
  return { $ref: `#/definitions/${definitions.get(text)!}` };
}

main(process.argv[2]);
