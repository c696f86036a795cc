import type { Delivery } from "../../ports.ts";

/** Whether the bridge could send now; nothing was sent to find out. */
export type Readiness =
  | {
      readonly kind: "ready";
      /** What answers, in a few words. */
      readonly says: string;
      /** What works, but not well. */
      readonly warnings: readonly string[];
    }
  /** As a sending would have ended. */
  | { readonly kind: "unready"; readonly delivery: Refusal };

/** Nothing has arrived. */
export type Refusal = Extract<Delivery, { kind: "rejected" | "permanent" }>;

/** What looking for an own text came to. */
export type Look =
  | { readonly kind: "found" }
  /** It was looked for everywhere since that instant, and is not there. */
  | { readonly kind: "absent" }
  /** It cannot be told. */
  | { readonly kind: "unknown"; readonly reason: string };

/** What is looked for. */
export interface OwnText {
  readonly isOwn: (text: string) => boolean;
  /** Sent at this instant or later; epoch milliseconds. */
  readonly since: number;
}

export interface OutgoingText {
  readonly text: string;
  /** The same for every sending of the same notice: two of them at once are one. */
  readonly tempGuid: string;
}

/**
 * A program on a Mac that sends into one chat. Neither BlueBubbles nor imsg knows an idempotency key, so what may have been
 * sent is looked for before it is sent again. Nothing here throws, and no reason holds a secret or the chat's address.
 */
export interface ImessageBridge {
  probe(): Promise<Readiness>;
  send(outgoing: OutgoingText): Promise<Delivery>;
  find(own: OwnText): Promise<Look>;
}
