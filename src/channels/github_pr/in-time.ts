import { GuardedFetchError } from "../guarded-fetch.ts";

/** The work's result, or a timeout, even of work that heeds no signal. */
export async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const expire = () => reject(new GuardedFetchError("no answer in time", "timeout", true));
    timer = setTimeout(expire, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
