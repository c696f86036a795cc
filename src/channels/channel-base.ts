import { z } from "zod";

/** What every kind of channel may have besides its own settings. */
export const CHANNEL_BASE = {
  /** The channel that is told what this one could not be. */
  fallback: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,39}$/)
    .optional(),
} as const;
