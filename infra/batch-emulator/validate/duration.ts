const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** protobuf's own limit: about 10,000 years. */
const MAX_SECONDS = 315_576_000_000;

/** A duration's parts; `nanos` has the sign of the whole. */
export interface DurationParts {
  readonly seconds: string;
  readonly nanos: number;
}

/** The parts of `"3.5s"`, or null when it is no such text. */
export function durationParts(text: string): DurationParts | null {
  const match = DURATION.exec(text);
  if (!match || Number(match[2]) > MAX_SECONDS) return null;
  const nanos = Number((match[3] ?? "").padEnd(9, "0"));
  const sign = match[1] === "-" ? -1 : 1;
  return { seconds: String(sign * Number(match[2])), nanos: nanos === 0 ? 0 : sign * nanos };
}

/** `3.500s`, with 0, 3, 6 or 9 digits, as the service prints it. */
export function durationText({ seconds, nanos }: DurationParts): string {
  const minus = seconds.startsWith("-") || nanos < 0 ? "-" : "";
  return `${minus}${seconds.replace("-", "")}${fraction(Math.abs(nanos))}s`;
}

/** `.500`: as few groups of three digits as hold the value. */
export function fraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/, "")}`;
}

/** In seconds. */
export const durationSeconds = (text: string): number => Number(text.slice(0, -1));
