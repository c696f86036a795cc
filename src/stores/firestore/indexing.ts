/**
 * Fields that are not indexed by themselves, with all below them, except those after them that are: as
 * `infra/firestore.indexes.json` says, to which a test holds this list. What is not here counts towards the 40,000 index
 * entries of a document.
 */
export const NOT_INDEXED: Readonly<Record<string, readonly string[]>> = {
  runs: ["samples", "rules", "pipeline_spec", "params", "config.params", "subscriptions", "notes", "store"],
  jobs: [
    ...["inputs", "outputs", "metrics", "attempts", "decisions", "decision", "resources", "error"],
    ...["log_tail", "fingerprint", "store"],
  ],
  events: ["data"],
  sheet: ["samples"],
  notices: ["facts", "error", "store"],
  requests: ["expires_at"],
};
