/** A machine type, with what it has. */
export interface MachineType {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  /** Dollars an hour, roughly: only the order matters. */
  readonly price: number;
}

const GIB = 1024;

/** us-central1, on demand, https://cloud.google.com/compute/vm-instance-pricing: dollars an hour for a CPU and for a GiB. */
const PRICES = { e2: [0.02181, 0.002923], n2: [0.031611, 0.004237] } as const;
type Series = keyof typeof PRICES;
/** What a custom shape costs more. */
const CUSTOM = 1.05;

/** GiB for each CPU of the predefined shapes, and the CPU counts that exist. */
const PREDEFINED: readonly (readonly [Series, string, number, readonly number[]])[] = [
  ["e2", "highcpu", 1, [2, 4, 8, 16, 32]],
  ["e2", "standard", 4, [2, 4, 8, 16, 32]],
  ["e2", "highmem", 8, [2, 4, 8, 16]],
  ["n2", "highcpu", 1, [2, 4, 8, 16, 32, 48, 64, 80, 96]],
  ["n2", "standard", 4, [2, 4, 8, 16, 32, 48, 64, 80, 96, 128]],
  ["n2", "highmem", 8, [2, 4, 8, 16, 32, 48, 64, 80, 96]],
];
/** CPUs and GiB up to which a custom shape may go; 0.5 to 8 GiB a CPU, in steps of 256 MiB. */
const LARGEST_CUSTOM: Readonly<Record<Series, readonly [number, number]>> = { e2: [32, 128], n2: [128, 640] };

/** The largest of the table: n2-highmem-128 has less than 8 GiB a CPU. */
const LAST: MachineType = machine("n2", "n2-highmem-128", 128, 864 * GIB);

const TABLE: readonly MachineType[] = [
  ...PREDEFINED.flatMap(([series, shape, ratio, counts]) =>
    counts.map((cpus) => machine(series, `${series}-${shape}-${cpus}`, cpus, cpus * ratio * GIB)),
  ),
  LAST,
];

function machine(series: Series, name: string, cpus: number, memoryMib: number, surcharge = 1): MachineType {
  const [perCpu, perGib] = PRICES[series];
  return { name, cpus, memoryMib, price: (cpus * perCpu + (memoryMib / GIB) * perGib) * surcharge };
}

/**
 * Memory that the machine must have for a task that asks for `memoryMib`: a machine just as large dies of pressure (50002)
 * instead of the task (137).
 */
export const withHeadroom = (memoryMib: number): number =>
  memoryMib + Math.max(GIB, Math.ceil(memoryMib * HEADROOM));
const HEADROOM = 0.06;

/** The most that a task can ask for. */
export const LARGEST_TASK = {
  cpus: LAST.cpus,
  memoryMib: Math.floor(LAST.memoryMib / (1 + HEADROOM)),
} as const;

/** The cheapest machine for a task, with headroom; null when none is large enough. */
export function chooseMachine(cpus: number, memoryMib: number): MachineType | null {
  const memory = withHeadroom(memoryMib);
  const fitting = TABLE.filter((type) => type.cpus >= cpus && type.memoryMib >= memory);
  const custom = (["e2", "n2"] as const).flatMap((series) => customMachine(series, cpus, memory) ?? []);
  return [...fitting, ...custom].reduce<MachineType | null>(
    (best, type) => (best === null || type.price < best.price ? type : best),
    null,
  );
}

/** The smallest custom shape that holds it: CPUs are even, and there are at least as many as its memory needs. */
function customMachine(series: Series, cpus: number, memoryMib: number): MachineType | null {
  const [mostCpus, mostGib] = LARGEST_CUSTOM[series];
  const memory = Math.ceil(memoryMib / 256) * 256;
  const wanted = Math.max(2, Math.ceil(cpus), Math.ceil(memory / (8 * GIB)));
  // Above 32 CPUs N2 has steps of 4. https://cloud.google.com/compute/docs/general-purpose-machines
  const step = wanted > 32 ? 4 : 2;
  const count = Math.ceil(wanted / step) * step;
  const most = Math.max(memory, count * (GIB / 2));
  if (count > mostCpus || most > mostGib * GIB) return null;
  return machine(series, `${series}-custom-${count}-${most}`, count, most, CUSTOM);
}
