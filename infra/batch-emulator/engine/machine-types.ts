/**
 * Which machine types there are, as a rule and not as a table: a series that Compute Engine has, one of its classes, and a
 * plausible number of CPUs up to the series' largest. So a name of the right form may pass that is not sold
 * (`n2-standard-6`), and every type is taken to be in every zone; a series that is newer than this file is missing.
 * Series and their largest: https://cloud.google.com/compute/docs/machine-resource, autumn 2026.
 */
interface Series {
  readonly classes: readonly string[];
  readonly mostCpus: number;
}

const GENERAL = ["standard", "highmem", "highcpu"];
const series = (mostCpus: number, classes: readonly string[] = GENERAL): Series => ({ classes, mostCpus });

const SERIES: Readonly<Record<string, Series>> = {
  e2: series(32),
  n1: series(96),
  n2: series(128),
  n2d: series(224),
  n4: series(80),
  n4a: series(64),
  n4d: series(96),
  c2: series(60, ["standard"]),
  c2d: series(112),
  c3: series(192),
  c3d: series(360),
  c4: series(288),
  c4a: series(96),
  c4d: series(384),
  t2a: series(48, ["standard"]),
  t2d: series(60, ["standard"]),
  h3: series(88, ["standard"]),
  h4d: series(192, ["standard", "highmem"]),
  z3: series(192, ["highmem"]),
  m1: series(160, ["megamem", "ultramem"]),
  m2: series(416, ["megamem", "ultramem", "hypermem"]),
  m3: series(128, ["megamem", "ultramem"]),
  m4: series(224, ["megamem", "ultramem", "hypermem"]),
  x4: series(1920, ["megamem"]),
  g2: series(96, ["standard"]),
  g4: series(384, ["standard"]),
};

/** Of which custom machines can be had; `custom-4-5120` without a series is of N1. */
const CUSTOM_SERIES = ["e2", "n1", "n2", "n2d", "n4", "n4a", "n4d", "g2"];

/** Shared-core ones, with the CPUs that they show. */
const SMALL: Readonly<Record<string, number>> = {
  "e2-micro": 2,
  "e2-small": 2,
  "e2-medium": 2,
  "f1-micro": 1,
  "g1-small": 1,
};

const PREDEFINED = /^([a-z]\d[a-z]?)-([a-z]+)-(\d{1,4})(?:-[a-z]*lssd)?(?:-metal)?$/;
const CUSTOM = /^(?:([a-z]\d[a-z]?)-)?custom-(\d{1,3})-(\d{3,8})(-ext)?$/;
const CUSTOM_SMALL = /^e2-custom-(?:micro|small|medium)-(\d{3,5})$/;
/** The A series is named by its GPUs. */
const WITH_GPUS = /^a[2-4]x?-(?:high|mega|ultra|edge|max)gpu-(?:1|2|4|8|16)g(?:-nolssd|-metal)?$/;

/** Whether machines of this type could be had, by the rule above. */
export function isMachineType(name: string): boolean {
  if (Object.hasOwn(SMALL, name) || WITH_GPUS.test(name)) return true;
  const small = CUSTOM_SMALL.exec(name);
  if (small) return Number(small[1]) % MEMORY_STEP_MIB === 0;
  const custom = CUSTOM.exec(name);
  if (custom) return isCustom(custom);
  const [, family = "", shape = "", cpus = "0"] = PREDEFINED.exec(name) ?? [];
  const known = SERIES[family];
  return known?.classes.includes(shape) === true && isCpuCount(Number(cpus), known);
}

const isCpuCount = (cpus: number, { mostCpus }: Series): boolean =>
  cpus <= mostCpus && (cpus === 1 || (cpus > 0 && cpus % 2 === 0));

/** https://cloud.google.com/compute/docs/instances/creating-instance-with-custom-machine-type */
const MEMORY_STEP_MIB = 256;
const LEAST_MIB_A_CPU = 512;
const MOST_MIB_A_CPU = 8192;

function isCustom([, family = "n1", cpusText = "0", memoryText = "0", extended]: RegExpExecArray): boolean {
  const [cpus, memory] = [Number(cpusText), Number(memoryText)];
  const known = SERIES[family];
  if (known === undefined || !CUSTOM_SERIES.includes(family) || !isCpuCount(cpus, known)) return false;
  const least = memory >= cpus * LEAST_MIB_A_CPU;
  return (
    least && memory % MEMORY_STEP_MIB === 0 && (extended !== undefined || memory <= cpus * MOST_MIB_A_CPU)
  );
}

/** How many CPUs a type has by its name; 2 where that does not say it. */
export function cpusOf(name: string): number {
  const cpus = SMALL[name] ?? Number((CUSTOM.exec(name)?.[2] ?? PREDEFINED.exec(name)?.[3]) || 2);
  return cpus > 0 ? cpus : 2;
}
