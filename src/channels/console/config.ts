import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";

/** `{ kind: console }`: what `bioagent run` prints. */
export const ConsoleConfig = z.strictObject({ kind: z.literal("console"), ...CHANNEL_BASE });
export type ConsoleConfig = z.infer<typeof ConsoleConfig>;
