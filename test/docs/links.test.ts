import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { DOCUMENTS, type Document, documentAt, proseOf, ROOT } from "./documents.ts";

const linksOf = (document: Document): string[] =>
  [
    ...proseOf(document)
      .replace(/`[^`\n]*`/g, "")
      .matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g),
  ].map((match) => match[1]!);

/** As GitHub makes anchors of headings. */
const anchorsOf = (document: Document): string[] =>
  [...proseOf(document).matchAll(/^#{1,6} +(.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

for (const document of DOCUMENTS) {
  test(`every relative link and anchor of ${document.path} leads somewhere`, () => {
    const lost = linksOf(document).filter(
      (link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(document.path, link),
    );
    assert.deepEqual(lost, []);
  });
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? from : normalize(join(dirname(from), path));
  if (target.startsWith("..") || !existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(documentAt(target)).includes(anchor);
}

test("every document can be found from the README", () => {
  const known = new Set(["README.md"]);
  for (const path of known) {
    for (const link of linksOf(documentAt(path))) {
      const target = normalize(join(dirname(path), link.split("#")[0]!));
      if (target.endsWith(".md") && existsSync(join(ROOT, target))) known.add(target);
    }
  }
  const found = DOCUMENTS.map(({ path }) => path);
  assert.deepEqual(
    found.filter((path) => !known.has(path)),
    [],
  );
});
