import type { Assertion } from "../assertion.ts";
import { mounts } from "../probes/surroundings.ts";
import { report } from "./report.ts";

const WRAPPER = "src/executors/gcp_batch: the runnables of an attempt";
const mountAssertion = (
  id: string,
  question: string,
  assumption: string,
  judge: (told: Readonly<Record<string, string>>) => { holds: boolean; saw: string },
  realOnly?: string,
): Assertion => ({
  id,
  question,
  assumption,
  matters: [`${WRAPPER} (inputs)`, "infra/batch-emulator/runner/mounts.ts"],
  how: "A job with two mounts of a bucket, in a script and in a container.",
  probes: [mounts],
  ...(realOnly ? { realOnly } : {}),
  check: report(mounts, judge),
});

const FUSE = "the emulator's buckets are folders";

/** What mounts of buckets do. */
export const MOUNTS: readonly Assertion[] = [
  mountAssertion(
    "mount-prefix",
    "Can a folder of a bucket be mounted, more than one at a time, and are deeper objects seen?",
    "They can: remotePath is BUCKET/PREFIX, and two volumes do not disturb each other.",
    ({ hello = "", deep = "", in_container: inside = "" }) => ({
      holds: hello === "hello" && deep === "deep" && inside === "hello",
      saw: `host: ${hello}, ${deep}; container: ${inside}`,
    }),
  ),
  mountAssertion(
    "mount-read-only",
    "Does :ro in container.volumes make a mount read-only in the container?",
    "It does; without it a container may write, whatever the mount options say.",
    ({ read_only: readOnly = "?" }) => ({
      holds: readOnly === "yes",
      saw: readOnly === "yes" ? "writing failed" : "it could write",
    }),
  ),
  mountAssertion(
    "mount-later-object",
    "Is an object seen that was written after the mount?",
    "It is, within a minute (lists are cached for a while).",
    ({ later = "never" }) => ({
      holds: later !== "never",
      saw: later === "never" ? "not within 90 s" : `after about ${later} s`,
    }),
  ),
  mountAssertion(
    "mount-executable",
    "Can a program be executed from a mount, and does chmod do anything?",
    "Not counted on: nothing is executed from a mount.",
    ({ executable = "?" }) => ({ holds: executable !== "?", saw: `executable: ${executable}` }),
    FUSE,
  ),
  mountAssertion(
    "mount-rename",
    "Can a folder be renamed on a mount?",
    "Not counted on: no script writes through a mount.",
    ({ rename = "?" }) => ({ holds: rename !== "?", saw: `rename: ${rename}` }),
    FUSE,
  ),
];
