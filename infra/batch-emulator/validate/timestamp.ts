import { fraction } from "./duration.ts";

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** An instant's parts as `google.protobuf.Timestamp` has them. */
export interface TimestampParts {
  readonly seconds: string;
  readonly nanos: number;
}

/** The parts of an RFC 3339 text, or null when it is none. */
export function timestampParts(text: string): TimestampParts | null {
  const match = RFC_3339.exec(text);
  if (!match) return null;
  const milliseconds = Date.parse(text.replace(/\.\d+/, ""));
  if (Number.isNaN(milliseconds)) return null;
  return { seconds: String(milliseconds / 1000), nanos: Number((match[1] ?? "").padEnd(9, "0")) };
}

/** RFC 3339 in UTC with 0, 3, 6 or 9 digits, as the service prints it. */
export const timestampText = ({ seconds, nanos }: TimestampParts): string =>
  `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;

/** Nanoseconds since the epoch, for comparing. */
export const timestampNanos = ({ seconds, nanos }: TimestampParts): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
