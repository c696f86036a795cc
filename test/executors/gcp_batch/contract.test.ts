import { join } from "node:path";
import { executorContract } from "../../contracts/executor.ts";
import { cloudHere, hasEnded, lookUntil } from "./cloud-here.ts";
import { aSubmission } from "./fake-batch.ts";

executorContract("gcp_batch", async (t) => {
  const { executor, buckets } = await cloudHere(t);
  return {
    executor,
    submission: (script, options = {}) => {
      const id = options.id ?? "bioagent-20260227-001-count-s1-1f3a9c2e-a1";
      const outputs = (options.outputs ?? []).map((path) => ({ path, allow_empty: false }));
      const resources = { cpu: 1, memory: "256MiB" };
      const attempt = { id, attempt: Number(/\d+$/.exec(id)?.[0] ?? 1), resources };
      return aSubmission({ script, outputs, image: null, input: null, environment: {} }, attempt);
    },
    end: (ref) => lookUntil(executor, ref, hasEnded),
    folderOf: (work) => join(buckets, work.output.slice("gs://".length)),
    checksumOfHello: "md5:5d41402abc4b2a76b9719d911017c592",
  };
});
