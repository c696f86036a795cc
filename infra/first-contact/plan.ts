import type { Assertion } from "./assertion.ts";
import { dollarsOf, type Probe } from "./probe.ts";
import { type ContactSettings, isEmulated, MOST_MACHINES } from "./settings.ts";
import { skipReason } from "./skips.ts";

/** What a run would ask and make. */
export interface Plan {
  readonly asked: readonly Assertion[];
  readonly skipped: readonly { readonly assertion: Assertion; readonly reason: string }[];
  readonly probes: readonly Probe[];
  readonly dollars: number;
  readonly minutes: number;
}

/** Which assertions fit the settings and the glob (`*` alone is special in it), and what they cost together. */
export function planContact(all: readonly Assertion[], settings: ContactSettings, only: string | null): Plan {
  const wanted = only === null ? all : all.filter(({ id }) => globOf(only).test(id));
  const judged = wanted.map((assertion) => ({ assertion, reason: skipReason(assertion, settings) }));
  const asked = judged.filter(({ reason }) => reason === null).map(({ assertion }) => assertion);
  const skipped = judged.flatMap(({ assertion, reason }) => (reason === null ? [] : [{ assertion, reason }]));
  const probes = [
    ...new Map(asked.flatMap(({ probes = [] }) => probes).map((probe) => [probe.name, probe])).values(),
  ];
  const emulated = isEmulated(settings);
  return {
    asked,
    skipped,
    probes,
    dollars: emulated ? 0 : probes.reduce((sum, probe) => sum + dollarsOf(probe), 0),
    minutes: emulated ? 1 : minutesOf(probes),
  };
}

const globOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

/** A machine comes in about two minutes; as many run at once as there are places. */
function minutesOf(probes: readonly Probe[]): number {
  const machines = probes.filter(({ machine }) => machine !== null).map(({ minutes }) => minutes + 2);
  const shared = machines.reduce((sum, minutes) => sum + minutes, 0) / MOST_MACHINES;
  return Math.ceil(Math.max(shared, 2, ...machines));
}
