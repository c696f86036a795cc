import type { Chance } from "../model.ts";
import { randomInteger } from "./chance.ts";

/**
 * RFC 3339 with 0, 3, 6 or 9 digits after the point, as protobuf's JSON form has it (facts/batch.md 1.3): whole groups of
 * trailing zeros are left out.
 */
export function rfc3339(milliseconds: number, nanosOfMillisecond: number): string {
  const whole = new Date(milliseconds).toISOString();
  const fraction = whole.slice(20, 23) + String(nanosOfMillisecond).padStart(6, "0");
  const kept = fraction.replace(/^(\d*?)(?:000)+$/, "$1");
  const digits = kept.padEnd(Math.ceil(kept.length / 3) * 3, "0");
  return digits === "" ? `${whole.slice(0, 19)}Z` : `${whole.slice(0, 19)}.${digits}Z`;
}

/** Gives times of which each is later than the one before, though many fall into one millisecond. */
export function createStamp(chance: Chance): () => string {
  let lastMs = 0;
  let nanos = 0;
  return () => {
    const now = chance.now();
    if (now > lastMs) {
      lastMs = now;
      nanos = randomInteger(chance, 0, 400_000);
    } else {
      nanos += randomInteger(chance, 1, 900);
      if (nanos > 999_999) {
        lastMs += 1;
        nanos = 0;
      }
    }
    return rfc3339(lastMs, nanos);
  };
}

/** `189.977s` for 189977 milliseconds. */
export function durationText(milliseconds: number): string {
  const text = (Math.max(0, milliseconds) / 1000).toFixed(3).replace(/\.?0+$/, "");
  return `${text}s`;
}

/** Milliseconds of a protobuf duration as JSON has it (`"3600s"`, `"0.5s"`); null for anything else. */
export function durationMs(text: string | undefined): number | null {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text ?? "")?.[1];
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}
