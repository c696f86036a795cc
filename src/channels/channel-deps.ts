import type { GuardedFetch } from "./guarded-fetch.ts";

/** What channels are given by `wire`. */
export interface ChannelDeps {
  /** Prints; for the console. */
  readonly write: (text: string) => void | Promise<void>;
  /** Permits http, loopback and private addresses (`BIOAGENT_ALLOW_PRIVATE_URLS`). */
  readonly allowPrivateUrls: boolean;
  /** Instead of the guarded one. */
  readonly fetch?: GuardedFetch | undefined;
  /** A token that tells an audience who this process is to Google; for a role at Amazon without keys. */
  readonly identityToken?: ((audience: string) => Promise<string>) | undefined;
}
