import type { ContainerRunnable } from "../engine/task-spec.ts";
import type { ContainerEngine } from "./container-engine.ts";
import { splitWords, withoutVolumes } from "./container-options.ts";
import type { Mount } from "./mounts.ts";

/** On every container: which emulator it belongs to, over all its runs. */
export const OWNER_LABEL = "batch-emulator";
/** On every container: which run of an emulator started it. */
export const RUN_LABEL = "batch-emulator-run";

export interface ContainerOrder {
  readonly name: string;
  /** Of this run of the emulator, see `runMark`. */
  readonly mark: string;
  readonly container: ContainerRunnable;
  readonly environment: Readonly<Record<string, string>>;
  /** Also those of the container's own `options`. */
  readonly mounts: readonly Mount[];
  readonly memoryBytes: number | null;
}

/** The command line of one container runnable, as Batch's agent makes it with docker. */
export function containerCommand(engine: ContainerEngine, order: ContainerOrder): string[] {
  const { container, mounts, environment, memoryBytes } = order;
  const options = withoutVolumes(splitWords(container.options ?? ""));
  const limited = options.some((word) => /^(-m|--memory)(=|$)/.test(word));
  return [
    engine.program,
    ...engine.settings,
    "run",
    "--rm",
    ...networked(engine.runOptions, container, options),
    `--name=${order.name}`,
    `--label=${OWNER_LABEL}=${order.mark.split(".")[0]}`,
    `--label=${RUN_LABEL}=${order.mark}`,
    "--stop-timeout=0", // whoever removes it does not wait
    ...Object.entries(environment).map(([name, value]) => `--env=${name}=${value}`),
    ...mounts.map(({ source, target, readOnly }) => `--volume=${source}:${target}${readOnly ? ":ro" : ""}`),
    ...(memoryBytes === null || limited ? [] : [`--memory=${memoryBytes}b`]),
    ...(container.entrypoint ? [`--entrypoint=${container.entrypoint}`] : []),
    ...options,
    container.imageUri ?? "",
    ...(container.commands ?? []),
  ];
}

const isNetwork = (word: string): boolean => /^--net(work)?(=|$)/.test(word);

/** A network is named once: what the container says of it wins over what this machine needs. */
function networked(
  ours: readonly string[],
  { blockExternalNetwork }: ContainerRunnable,
  options: readonly string[],
): string[] {
  if (blockExternalNetwork !== true && !options.some(isNetwork)) return [...ours];
  const others = ours.filter((word) => !isNetwork(word));
  return blockExternalNetwork === true ? [...others, "--network=none"] : others;
}
