import { container, jobOf, type Probe, type Site, script } from "../probe.ts";

/** Holds that many bytes in memory: `tail` keeps a line whole. The exit code is that of `tail`. */
const hold = (bytes: number): string => `head -c ${bytes} /dev/zero | tail > /dev/null`;

/** What is asked for, and what is used: far more than it, far less than the machine has. */
const ASKED_MIB = { real: 256, emulated: 64 } as const;
const USED_BYTES = { real: 800_000_000, emulated: 200_000_000 } as const;
const sized = (site: Site, sizes: { readonly real: number; readonly emulated: number }): number =>
  site.emulated ? sizes.emulated : sizes.real;

const spec = (site: Site) => ({
  computeResource: { cpuMilli: "1000", memoryMib: String(sized(site, ASKED_MIB)) },
});

export const memoryScript: Probe = {
  name: "mem-script",
  about: "a script that uses more than memoryMib",
  machine: "e2-small",
  minutes: 3,
  job: (site) => jobOf(site, { runnables: [script(hold(sized(site, USED_BYTES)))], spec: spec(site) }),
};

export const memoryContainer: Probe = {
  name: "mem-container",
  about: "a container that uses more than memoryMib, without --memory",
  machine: "e2-small",
  minutes: 3,
  job: (site) => jobOf(site, { runnables: [container(hold(sized(site, USED_BYTES)))], spec: spec(site) }),
};

export const memoryOption: Probe = {
  name: "mem-option",
  about: "a container that uses more than its --memory",
  machine: "e2-small",
  minutes: 3,
  job: (site) =>
    jobOf(site, {
      runnables: [container(hold(USED_BYTES.emulated), { options: "--memory 64m --memory-swap 64m" })],
    }),
};

/** More than the machine has. */
export const memoryMachine: Probe = {
  name: "mem-machine",
  about: "a script that uses more memory than its machine has",
  machine: "e2-small",
  minutes: 8,
  job: (site) =>
    jobOf(site, {
      runnables: [script(hold(6_000_000_000))],
      spec: { computeResource: { cpuMilli: "1000", memoryMib: "1900" }, maxRunDuration: "600s" },
    }),
};
