import type { Assertion } from "../assertion.ts";
import { BOOT_DISK_MIB, host } from "../probes/surroundings.ts";
import { report } from "./report.ts";

const WRAPPER = "src/executors/gcp_batch: the runnables of an attempt";
const needTools = ["bash", "curl", "md5sum", "sha256sum"];
const HOST_REASON = "the emulator's machine is this one";

/** What the machines of jobs are like. */
export const MACHINES: readonly Assertion[] = [
  {
    id: "host-tools",
    question: "Which tools has the machine that containers run on?",
    assumption: `${needTools.join(", ")} are there; openssl and python3 are not counted on.`,
    matters: [WRAPPER],
    how: "A script beside a container, so on Container-Optimized OS.",
    realOnly: HOST_REASON,
    probes: [host],
    check: report(host, ({ tools = "", system = "" }) => ({
      holds: needTools.every((tool) => tools.split(" ").includes(tool)),
      saw: `${system}:${tools}`,
    })),
  },
  {
    id: "host-cgroup",
    question: "Which version of control groups does the machine have, and does it count the peak of memory?",
    assumption: "Version 2, with memory.peak.",
    matters: [`${WRAPPER} (peak memory)`],
    how: "The same script.",
    realOnly: HOST_REASON,
    probes: [host],
    check: report(host, ({ cgroup = "?", memory_peak: peak = "", cgroup_path: path = "" }) => ({
      holds: cgroup === "2" && peak !== "",
      saw: `version ${cgroup}, memory.peak at ${peak || "none"}, script in ${path}`,
    })),
  },
  {
    id: "host-executable",
    question: "Where may files be executed on the machine?",
    assumption:
      "Not under /tmp or /var/lib for certain: scripts are handed to bash, never executed themselves.",
    matters: [WRAPPER],
    how: "The same script writes a small program into several folders and starts it.",
    realOnly: HOST_REASON,
    probes: [host],
    check: report(host, ({ executable = "" }) => ({ holds: executable !== "", saw: executable })),
  },
  {
    id: "host-token",
    question: "Does a script get a token of the job's account from the metadata server?",
    assumption: "It does (200): that is how outputs are published without a mount.",
    matters: [`${WRAPPER} (publishing)`],
    how: "The same script asks it with curl.",
    realOnly: "there is no metadata server here",
    probes: [host],
    check: report(host, ({ token = "" }) => ({
      holds: token === "200",
      saw: `HTTP ${token || "not asked"}`,
    })),
  },
  {
    id: "host-user",
    question: "As whom, with which shell and where does a script without a first line run?",
    assumption: "As root, with /bin/sh; the folder is not counted on.",
    matters: [WRAPPER, "infra/batch-emulator/runner/"],
    how: "The same script.",
    realOnly: HOST_REASON,
    probes: [host],
    check: report(host, ({ user = "?", shell = "?", directory = "?" }) => ({
      holds: user === "0",
      saw: `user ${user}, ${shell}, in ${directory}`,
    })),
  },
  {
    id: "host-variables",
    question: "Which variables does Batch set?",
    assumption: "BATCH_TASK_INDEX, BATCH_TASK_COUNT, BATCH_TASK_RETRY_ATTEMPT, BATCH_HOSTS_FILE, and more.",
    matters: ["infra/batch-emulator/runner/environment.ts"],
    how: "The same script.",
    realOnly: "the emulator sets what the facts name; only the service can name more",
    probes: [host],
    check: report(host, ({ variables = "" }) => ({
      holds: ["BATCH_TASK_INDEX", "BATCH_TASK_COUNT", "BATCH_TASK_RETRY_ATTEMPT"].every((name) =>
        variables.includes(name),
      ),
      saw: variables,
    })),
  },
  {
    id: "boot-disk",
    question: "Does bootDiskMib make the boot disk as large?",
    assumption: "It does: image allowance and the step's disk fit on it.",
    matters: ["src/executors/gcp_batch: the disk of an attempt"],
    how: `The same script under bootDiskMib ${BOOT_DISK_MIB}.`,
    realOnly: HOST_REASON,
    probes: [host],
    check: report(host, ({ disk_mib: size = "0" }) => ({
      // The system's own partitions take some GiB of it.
      holds: Number(size) > BOOT_DISK_MIB * 0.75,
      saw: `${size} MiB for work of ${BOOT_DISK_MIB}`,
    })),
  },
];
