import { executorContract } from "../../contracts/executor.ts";
import { hasEnded, observeUntil, openIn, submissionOf, temporaryFolder } from "./fixture.ts";

executorContract("local", (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder);
  return {
    executor,
    submission: (script, options) => submissionOf(folder, script, options),
    end: (ref) => observeUntil(executor, ref, hasEnded),
  };
});
