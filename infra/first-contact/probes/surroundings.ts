import { dig } from "../json.ts";
import { hasEnded, stateOf } from "../outcome.ts";
import { container, jobOf, type Probe, REPORTS, reportVolumes, script, TELL, type Visit } from "../probe.ts";

export const TOOLS = [
  "bash",
  "curl",
  "wget",
  "md5sum",
  "sha256sum",
  "openssl",
  "python3",
  "docker",
  "stat",
  "find",
  "tail",
] as const;
export const BOOT_DISK_MIB = 40_960;

/** A script beside a container: so it runs on Container-Optimized OS, as the executor's publishing script does. */
export const host: Probe = {
  name: "host",
  about: "a script that looks at the machine which containers run on",
  machine: "e2-small",
  minutes: 2,
  needs: ["reports"],
  job: (site) =>
    jobOf(site, {
      runnables: [container("true"), script(LOOK_AROUND)],
      spec: {
        computeResource: { cpuMilli: "1000", memoryMib: "1024", bootDiskMib: String(BOOT_DISK_MIB) },
        volumes: reportVolumes(site, "host"),
      },
    }),
};

const METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default";

const LOOK_AROUND = `${TELL}
for tool in ${TOOLS.join(" ")}; do command -v $tool > /dev/null 2>&1 && have="$have $tool"; done
tell tools "$have"
tell system "$(. /etc/os-release; echo "$ID $VERSION_ID")"
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then tell cgroup 2; else tell cgroup 1; fi
tell cgroup_path "$(cat /proc/self/cgroup | tail -n 1)"
tell memory_peak "$(ls -d /sys/fs/cgroup/system.slice/memory.peak /sys/fs/cgroup/memory.peak 2>/dev/null | head -n 1)"
tell user "$(id -u)"
tell shell "$(readlink /proc/$$/exe)"
for folder in /var/lib /tmp /mnt/disks /mnt/stateful_partition; do
  mkdir -p $folder/fc 2>/dev/null
  if printf '#!/bin/sh\\nexit 0\\n' > $folder/fc/run 2>/dev/null && chmod +x $folder/fc/run && $folder/fc/run 2>/dev/null
  then run="$run $folder=yes"; else run="$run $folder=no"; fi
done
tell executable "$run"
tell disk_mib "$(df -m /var/lib 2>/dev/null | tail -n 1 | while read -r a b c; do echo $b; done)"
tell token "$(curl -s -o /dev/null -w '%{http_code}' -H 'Metadata-Flavor: Google' ${METADATA}/token 2>/dev/null)"
tell variables "$(env | grep '^BATCH_' | cut -d= -f1 | sort | tr '\\n' ' ')"
tell directory "$(pwd)"
tell end 1
`;

const INPUTS = "/mnt/disks/bioagent-fc-in";

/** Two mounts of prefixes of a bucket, one of them read-only in the container. */
export const mounts: Probe = {
  name: "mounts",
  about: "two mounts of a bucket, one of them read-only in a container",
  machine: "e2-small",
  minutes: 3,
  needs: ["bucket"],
  async before(storage) {
    await storage.write("in/hello.txt", "hello");
    await storage.write("in/deep/er.txt", "deep");
  },
  job: (site) =>
    jobOf(site, {
      runnables: [
        script(`${TELL}
tell hello "$(cat ${INPUTS}/hello.txt)"
tell deep "$(cat ${INPUTS}/deep/er.txt)"
n=0; while [ ! -e ${INPUTS}/later.txt ] && [ $n -lt ${site.seconds(90, 30)} ]; do sleep 1; n=$((n+1)); done
if [ -e ${INPUTS}/later.txt ]; then tell later "$n"; else tell later never; fi
printf '#!/bin/sh\\nexit 0\\n' > ${REPORTS}/run.sh
chmod 755 ${REPORTS}/run.sh && ${REPORTS}/run.sh && tell executable yes || tell executable no
mkdir ${REPORTS}/one && echo x > ${REPORTS}/one/x && mv ${REPORTS}/one ${REPORTS}/two && tell rename yes || tell rename no
tell end_of_script 1`),
        container(
          `${TELL}
tell in_container "$(cat ${INPUTS}/hello.txt)"
if echo x > ${INPUTS}/written.txt; then tell read_only no; else tell read_only yes; fi
tell end 1`,
          { volumes: [`${INPUTS}:${INPUTS}:ro`, `${REPORTS}:${REPORTS}`] },
        ),
      ],
      spec: {
        volumes: [
          { gcs: { remotePath: `${site.storagePath}/in` }, mountPath: INPUTS },
          ...reportVolumes(site, "mounts"),
        ],
      },
    }),
  async visit(visit) {
    if (!(await visit.until((job) => stateOf(job) === "RUNNING"))) return;
    await visit.wait(visit.site.seconds(10, 1) * 1000);
    visit.keep("write-later", await visit.storage!.write("in/later.txt", "later"));
  },
};

const KIB = 1024;
export const ONE_VARIABLE = 96 * KIB;
export const ALL_VARIABLES = 900 * KIB;

/** As much environment as the executor would send at most. */
export const environment: Probe = {
  name: "environment",
  about: "a variable of 96 KiB, 900 KiB of variables together",
  machine: "e2-small",
  minutes: 2,
  job(site) {
    const count = Math.floor(ALL_VARIABLES / ONE_VARIABLE);
    const names = Array.from({ length: count }, (_, index) => `FC_BIG_${index}`);
    const variables = Object.fromEntries(names.map((name) => [name, "x".repeat(ONE_VARIABLE)]));
    const tests = names.map((name) => `[ \${#${name}} -eq ${ONE_VARIABLE} ] || exit 9`).join("\n");
    return jobOf(site, {
      runnables: [script(`${tests}\n/bin/true || exit 10`)],
      spec: { environment: { variables } },
    });
  },
};

/** Ends the job as soon as its machine works: that it came so far is the answer. */
async function untilRunning({ until, id, batch, keep }: Visit): Promise<void> {
  if (await until((job) => stateOf(job) === "RUNNING" || hasEnded(job)))
    keep("delete", await batch.remove(id));
}

/** Without an address of its own. */
export const privateMachine: Probe = {
  name: "private",
  about: "a machine without an external address",
  machine: "e2-small",
  minutes: 2,
  needs: ["network"],
  job(site) {
    const { network, subnetwork } = site.settings;
    const job = jobOf(site, { runnables: [script("sleep 60")] });
    const networkInterfaces = [{ network, subnetwork, noExternalIpAddress: true }];
    const policy = dig(job, "allocationPolicy") as object;
    return { ...job, allocationPolicy: { ...policy, network: { networkInterfaces } } };
  },
  visit: untilRunning,
};

/** An image by way of the Artifact Registry remote. */
export const mirrored: Probe = {
  name: "mirrored",
  about: "an image of quay.io by way of the mirror",
  asksForImage: true,
  machine: "e2-small",
  minutes: 2,
  needs: ["mirror"],
  job: (site) =>
    jobOf(site, {
      runnables: [container("true", { imageUri: `${site.settings.mirror}/prometheus/busybox:latest` })],
    }),
};

const told = (name: string, ends: string, state: string, taskState: string): Probe => ({
  name,
  about: `a job whose end (${state}) is told to the topic`,
  machine: "e2-small",
  minutes: 2,
  needs: ["pubsub"],
  job: (site) =>
    jobOf(site, {
      runnables: [script(ends)],
      job: {
        notifications: [
          { pubsubTopic: site.topic, message: { type: "JOB_STATE_CHANGED", newJobState: state } },
          { pubsubTopic: site.topic, message: { type: "TASK_STATE_CHANGED", newTaskState: taskState } },
        ],
      },
    }),
});

export const toldSuccess = told("told-success", "true", "SUCCEEDED", "SUCCEEDED");
export const toldFailure = told("told-failure", "exit 3", "FAILED", "FAILED");
