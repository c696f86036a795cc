import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A real bare repository, worked on with git's own commands, so that a test may clone it and look. */
export interface GithubRepository {
  readonly folder: string;
  /** The commit at a branch's end, or null. */
  head(branch: string): string | null;
  branches(): string[];
  treeOf(commit: string): string | null;
  has(object: string): boolean;
  /** What lies at a path of a commit; null: nothing. */
  entry(commit: string, file: string): { readonly type: string; readonly sha: string } | null;
  blob(sha: string): Buffer;
  /** A tree like another with one file replaced; null: the other is not there. */
  tree(base: string | null, file: string, content: Buffer): string | null;
  commit(tree: string, parents: readonly string[], message: string): string;
  /** Moves, makes (`was` null) or deletes (`to` null) a branch; false when it was not where it was said to be. */
  move(branch: string, was: string | null, to: string | null): boolean;
  /** Commits on a branch that another has not. */
  ahead(base: string, branch: string): number;
  messages(base: string, branch: string): string[];
  /** A person's own commit on top of a branch. */
  push(branch: string, file: string, text: string | Buffer, message?: string): string;
  remove(): void;
}

const IDENTITY = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@lab.example",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@lab.example",
};
const ABSENT = "0".repeat(40);

export const hasGit = (): boolean => {
  try {
    execFileSync("git", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** With one commit on `main`, unless it shall be empty. Remove it at the end. */
export function makeGithubRepository(options: { empty?: boolean } = {}): GithubRepository {
  const folder = mkdtempSync(path.join(tmpdir(), "bioagent-github-"));
  const env = { ...process.env, ...IDENTITY, GIT_DIR: folder, GIT_CONFIG_GLOBAL: "/dev/null" };
  let indexes = 0;
  const git = (args: readonly string[], input?: string | Buffer, extra: NodeJS.ProcessEnv = {}): Buffer =>
    execFileSync("git", args, {
      env: { ...env, ...extra },
      input: input ?? "",
      stdio: ["pipe", "pipe", "pipe"],
      maxBuffer: 2 ** 26,
    });
  const line = (...args: readonly string[]): string => git(args).toString().trim();
  const maybe = (...args: readonly string[]): string | null => {
    try {
      return line(...args);
    } catch {
      return null;
    }
  };

  const repository: GithubRepository = {
    folder,
    head: (branch) => maybe("rev-parse", "--verify", "--quiet", `refs/heads/${branch}`),
    branches: () =>
      line("for-each-ref", "--format=%(refname:short)", "refs/heads").split("\n").filter(Boolean),
    treeOf: (commit) => maybe("rev-parse", "--verify", "--quiet", `${commit}^{tree}`),
    has: (object) => maybe("cat-file", "-e", object) !== null,
    entry: (commit, file) => {
      const found = maybe("ls-tree", commit, "--", file);
      const [, type, sha] = found?.split(/[ \t]/) ?? [];
      return type && sha ? { type, sha } : null;
    },
    blob: (sha) => git(["cat-file", "blob", sha]),
    tree: (base, file, content) => {
      if (base !== null && maybe("cat-file", "-e", `${base}^{tree}`) === null) return null;
      const index = { GIT_INDEX_FILE: path.join(folder, `index-${indexes++}`) };
      const sha = git(["hash-object", "-w", "--stdin"], content).toString().trim();
      if (base !== null) git(["read-tree", base], "", index);
      git(["update-index", "--add", "--cacheinfo", `100644,${sha},${file}`], "", index);
      return git(["write-tree"], "", index).toString().trim();
    },
    commit: (tree, parents, message) =>
      git(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent])], message)
        .toString()
        .trim(),
    move: (branch, was, to) => {
      const ref = `refs/heads/${branch}`;
      return (
        (to === null ? maybe("update-ref", "-d", ref, was!) : maybe("update-ref", ref, to, was ?? ABSENT)) !==
        null
      );
    },
    ahead: (base, branch) => Number(line("rev-list", "--count", `refs/heads/${base}..refs/heads/${branch}`)),
    messages: (base, branch) =>
      line("log", "--reverse", "--format=%B", `refs/heads/${base}..refs/heads/${branch}`)
        .split(/\n+/)
        .filter(Boolean),
    push: (branch, file, text, message = "by hand") => {
      const was = repository.head(branch);
      const tree = repository.tree(was, file, Buffer.from(text))!;
      const commit = repository.commit(tree, was === null ? [] : [was], message);
      if (!repository.move(branch, was, commit)) throw new Error(`branch ${branch} moved`);
      return commit;
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
  const begun = options.empty ? undefined : template;
  if (begun) cpSync(begun, folder, { recursive: true });
  else git(["init", "--bare", "--quiet", "--template=", "--initial-branch=main", folder]);
  if (!options.empty && !begun) {
    repository.push("main", "README.md", "# Results of the lab\n", "begin");
    keepTemplate(folder);
  }
  return repository;
}

/** The first repository as it was when it was new: the next ones are copies of it. */
let template: string | undefined;

function keepTemplate(folder: string): void {
  const kept = mkdtempSync(path.join(tmpdir(), "bioagent-github-new-"));
  process.on("exit", () => rmSync(kept, { recursive: true, force: true }));
  cpSync(folder, kept, { recursive: true });
  template = kept;
}
