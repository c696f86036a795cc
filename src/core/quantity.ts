/** Sizes and durations as people write them (`8GiB`, `90m`), and back. Bytes and seconds inside. */

const SIZE_UNITS: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};
const DURATION_UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

export const SIZE_FORM = "a number and a unit, such as 512MiB, 8GiB or 16GB";
export const DURATION_FORM = "a number and a unit, such as 30s, 10m, 1h, 2d or 1h30m";

/** Bytes of `8GiB`; null when the text is not a size. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s?([KMGT]i?B|B)$/.exec(text.trim());
  if (!match) return null;
  const bytes = Math.round(Number(match[1]) * SIZE_UNITS[match[2]!]!);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** Seconds of `1h30m`; null when the text is not a duration. */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim();
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?[smhd])+$/.test(trimmed)) return null;
  let seconds = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)) {
    seconds += Number(amount) * DURATION_UNITS[unit!]!;
  }
  return Number.isFinite(seconds) ? seconds : null;
}

/** Seconds of a duration that a schema has already accepted. */
export const secondsOf = (text: string): number => parseDuration(text) ?? 0;
/** Bytes of a size that a schema has already accepted. */
export const bytesOf = (text: string): number => parseSize(text) ?? 0;
/** Whole mebibytes of a size, rounded down, at least 1. */
export const mebibytesOf = (text: string): number => Math.max(1, Math.floor(bytesOf(text) / 2 ** 20));

/** The shortest exact spelling in binary units: `16GiB`, `1536MiB`; whole mebibytes when nothing else is exact. */
export function formatSize(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"] as const) {
    const size = SIZE_UNITS[unit]!;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return bytes >= 2 ** 20 ? `${Math.floor(bytes / 2 ** 20)}MiB` : `${bytes}B`;
}

/** For sentences: `8 GiB`, `1.5 GiB`. */
export function sayQuantity(size: string): string {
  return sayBytes(bytesOf(size));
}

export function sayBytes(bytes: number): string {
  for (const unit of ["TiB", "GiB", "MiB", "KiB"] as const) {
    const size = SIZE_UNITS[unit]!;
    if (bytes >= size) return `${trimNumber(bytes / size)} ${unit}`;
  }
  return `${bytes} B`;
}

const trimNumber = (value: number): string => String(Math.round(value * 10) / 10);

/** The exact spelling of a duration: `1h30m`, `45s`. */
export function formatDuration(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  let text = "";
  for (const [unit, size] of [
    ["d", 86400],
    ["h", 3600],
    ["m", 60],
  ] as const) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest %= size;
  }
  return rest > 0 || text === "" ? `${text}${rest}s` : text;
}

/** For people, two units at most: `2 h 5 min`, `4 min 10 s`, `0.8 s`. */
export function sayDuration(seconds: number): string {
  if (seconds < 10) return `${trimNumber(Math.max(0, seconds))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86400) return joinUnits(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return joinUnits(Math.floor(whole / 86400), "d", Math.floor((whole % 86400) / 3600), "h");
}

const joinUnits = (major: number, majorUnit: string, minor: number, minorUnit: string): string =>
  minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
