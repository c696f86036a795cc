import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** A branch and a pull request for each run, with a table of its jobs. */
export const GithubPrConfig = z.strictObject({
  kind: z.literal("github_pr"),
  repo: z.string().regex(/^[^/\s]+\/[^/\s]+$/),
  base: z.string().default("main"),
  token: z.string(),
  path: z.string().default("results"),
  document: z.string().optional(),
  api_url: z.string().default("https://api.github.com"),
  ...CHANNEL_BASE,
});
export type GithubPrConfig = z.infer<typeof GithubPrConfig>;
