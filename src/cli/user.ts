import { userInfo } from "node:os";

/** Who asks, for the history; null where the system has no name for them (an unknown uid in a container). */
export function userName(): string | null {
  try {
    return userInfo().username || null;
  } catch {
    return null;
  }
}
