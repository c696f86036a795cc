import assert from "node:assert/strict";
import { test } from "node:test";
import { GithubPrConfig } from "../../../src/channels/github_pr/config.ts";

const parse = (fields: Readonly<Record<string, unknown>>) =>
  GithubPrConfig.safeParse({ kind: "github_pr", repo: "lab/results", token: "t", ...fields });

test("the example of the design is taken, with its defaults", () => {
  assert.deepEqual(parse({}).data, {
    kind: "github_pr",
    repo: "lab/results",
    base: "main",
    token: "t",
    path: "results",
    api_url: "https://api.github.com",
  });
});

test("what cannot be a repository, a path in it or an address is refused, and no token is shown", () => {
  const token = "github_pat_s3cr3t";
  for (const fields of [
    { repo: "results" },
    { repo: "https://github.com/lab/results" },
    { path: "../up" },
    { path: "/abs" },
    { path: "a//b" },
    { document: "docs/{experiment}.md" },
    { document: "docs/{label:}.md" },
    { document: ".git/config" },
    { api_url: "api.github.com" },
    { token: "" },
    { token: `${token}\nsecond` },
    { token: `${token} second` },
    { token: `${token}\u0000` },
    { token: `${token}\u00e9` },
    ...[
      "",
      "a b",
      "a\nb",
      "a\u0007",
      "a..b",
      "/a",
      "a/",
      "a//b",
      "a.lock",
      "a~1",
      "a^",
      "a:b",
      "-a",
      "a/.b",
      "@",
      "a@{1}",
    ].map((base) => ({ base })),
    { unknown: 1 },
  ]) {
    const { error } = parse({ token, ...fields });
    assert.ok(error, JSON.stringify(fields));
    assert.doesNotMatch(error.message, /s3cr3t/);
  }
});

test("a token with a line break at its end, and branches as people name them, are taken", () => {
  assert.ok(parse({ token: "github_pat_11AAAA_x\n" }).success);
  for (const base of ["main", "release/1.2", "data@2026", "größe", "#7"])
    assert.ok(parse({ base }).success, base);
});

test("a document may be named after pipeline, name and labels", () => {
  assert.ok(parse({ document: "docs/{pipeline}/{label:experiment}-{name}.md" }).success);
});
