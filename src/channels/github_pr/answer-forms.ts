import { z } from "zod";

// What of GitHub's answers is read.

const Sha = z.string().regex(/^[0-9a-f]{40,64}$/);
export const Ref = z.object({ object: z.object({ sha: Sha }) });
export const Commit = z.object({ sha: Sha, tree: z.object({ sha: Sha }) });
export const Made = z.object({ sha: Sha });
export const Put = z.object({ commit: z.object({ sha: Sha }) });
export const Content = z.object({
  type: z.string(),
  sha: Sha,
  encoding: z.string().optional(),
  content: z.string().optional(),
});
const User = z.object({ login: z.string(), type: z.string().optional() }).nullish();
export const Pull = z.object({
  number: z.number().int(),
  state: z.enum(["open", "closed"]),
  title: z.string(),
  body: z.string().nullable(),
  html_url: z.string(),
  user: User,
  head: z.object({ ref: z.string(), label: z.string().nullable() }),
});
export type Pull = z.infer<typeof Pull>;
export const Comment = z.object({
  body: z.string().optional(),
  user: User,
  author_association: z.string().optional(),
});
export const Repository = z.object({ default_branch: z.string(), archived: z.boolean() });
export type Repository = z.infer<typeof Repository>;

/** People who may comment in a public repository without any right there; what they quote is no comment of ours. */
const OUTSIDERS = ["NONE", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "CONTRIBUTOR", "MANNEQUIN"];

/** Who opened the pull request was we, mostly; an app has no association of its own. */
export const mayBeOurs = (
  { user, author_association }: z.infer<typeof Comment>,
  author: z.infer<typeof User>,
): boolean =>
  (user?.login !== undefined && user.login === author?.login) ||
  user?.type === "Bot" ||
  !OUTSIDERS.includes(author_association ?? "");
