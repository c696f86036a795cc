import type { Hash } from "../../ports.ts";

/** A UUID of version 4 in form, the same for the same text: a creation that is repeated within an hour is one. */
export function requestId(hash: Hash, text: string): string {
  const hex = hash(`request ${text}`);
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}
