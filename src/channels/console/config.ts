import { z } from "zod";

/** `{ kind: console }`: what `bioagent run` prints. */
export const ConsoleConfig = z.strictObject({ kind: z.literal("console") });
export type ConsoleConfig = z.infer<typeof ConsoleConfig>;
