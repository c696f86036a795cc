/** What of a container's `options` (flags of `docker run`) means something without a container engine. */
export interface ContainerOptions {
  readonly memoryBytes: number | null;
  readonly workdir: string | null;
  readonly entrypoint: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
}

/** Reads `--flag=value`, `--flag value` and `-f value`; flags that mean nothing here are passed over. */
export function readContainerOptions(text: string | undefined): ContainerOptions {
  const found: Record<string, string[]> = {};
  const words = splitWords(text ?? "");
  while (words.length > 0) {
    const [, flag, value] = /^(--?[a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(words.shift()!) ?? [];
    const name = NAMES[flag ?? ""];
    if (name !== undefined) found[name] = [...(found[name] ?? []), value ?? words.shift() ?? ""];
  }
  return {
    memoryBytes: sizeBytes(found["memory"]?.at(-1)),
    workdir: found["workdir"]?.at(-1) ?? null,
    entrypoint: found["entrypoint"]?.at(-1) ?? null,
    environment: Object.fromEntries((found["env"] ?? []).map(pair).filter(([name]) => name !== "")),
    volumes: found["volume"] ?? [],
  };
}

const NAMES: Readonly<Record<string, string>> = {
  "-m": "memory",
  "--memory": "memory",
  "-w": "workdir",
  "--workdir": "workdir",
  "--entrypoint": "entrypoint",
  "-e": "env",
  "--env": "env",
  "-v": "volume",
  "--volume": "volume",
};

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** `512m`, `8g`, `1073741824`, as docker takes them; null without or for anything else. */
export function sizeBytes(text: string | undefined): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([bkmgt]?)b?$/i.exec(text ?? "") ?? [];
  if (amount === undefined) return null;
  return Math.floor(Number(amount) * 1024 ** "bkmgt".indexOf((unit || "b").toLowerCase()));
}

/** The words without `-v` and `--volume`: their paths are the machine's, so they are mounted as its disks are. */
export function withoutVolumes(words: readonly string[]): string[] {
  return words.filter(
    (word, at) => !/^(-v|--volume)(=|$)/.test(word) && !(at > 0 && /^(-v|--volume)$/.test(words[at - 1]!)),
  );
}

/** Splits as a shell does it, with quotes and backslashes and nothing else. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+)/gs;
  for (const [, word] of text.matchAll(pattern)) {
    words.push(
      word!.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs, (_, single, double, plain) =>
        String(single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? plain ?? ""),
      ),
    );
  }
  return words;
}
