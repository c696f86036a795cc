import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** A path inside the repository: relative, with no empty, `.` or `..` part. */
const RepositoryPath = z
  .string()
  .max(300)
  .refine(
    (path) =>
      path.split("/").every((part) => !["", ".", "..", ".git"].includes(part)) && !/[\p{Cc}\\]/u.test(path),
    "expected a path inside the repository, such as results or docs/{label:experiment}.md",
  );

/** About what git allows: https://git-scm.com/docs/git-check-ref-format */
const isBranch = (name: string): boolean =>
  name.length <= 244 &&
  !/[\p{Cc}\s~^:?*[\\]|\.\.|@\{|\.$|^-|^@$/u.test(name) &&
  name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));

/** `{pipeline}`, `{name}` and `{label:NAME}`, nothing else in braces. */
const PLACEHOLDERS = /\{(?:pipeline|name|label:[^{}/]+)\}/g;

/** A branch and a pull request for each run, with a table of its jobs. */
export const GithubPrConfig = z.strictObject({
  kind: z.literal("github_pr"),
  repo: z.string().regex(/^[A-Za-z0-9_-]+\/[A-Za-z0-9._-]+$/, "expected OWNER/NAME of a repository"),
  base: z
    .string()
    .refine(isBranch, "expected the name of a branch, such as main, with no space or control character")
    .default("main"),
  /** A secret. Needs Contents: write and Pull requests: write. */
  token: z
    .string()
    .min(1)
    // White space around it is what an editor leaves in a file.
    .refine(
      (token) => /^[!-~]*$/.test(token.trim()),
      "expected one token, which has no line break, space or other character in it but ASCII's visible ones",
    ),
  /** The folder of the run's own results file, `PATH/RUN_ID/results.md`. */
  path: RepositoryPath.default("results"),
  /** Instead of a file of its own: a document that gets a marked table for each run. */
  document: RepositoryPath.refine(
    (path) => !/[{}]/.test(path.replaceAll(PLACEHOLDERS, "")),
    "expected no placeholders but {pipeline}, {name} and {label:NAME}",
  ).optional(),
  api_url: z
    .string()
    .refine(
      (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
      "expected the address of GitHub's API, https://api.github.com or https://HOST/api/v3",
    )
    .default("https://api.github.com"),
  ...CHANNEL_BASE,
});
export type GithubPrConfig = z.infer<typeof GithubPrConfig>;
