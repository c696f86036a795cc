const LONGEST_SECONDS = 86_400;

/** A pause that a provider asks for, seconds: one at least, since none would be a request each millisecond, and a day at most. */
export const withinDay = (seconds: number): number => Math.min(Math.max(seconds, 1), LONGEST_SECONDS);

/** What a Retry-After asks for; `otherwise` where it says no whole seconds: the header's other form, a date, these providers never send. */
export const waitSeconds = (header: string | null, otherwise: number): number =>
  withinDay(/^\d{1,9}$/.test(header?.trim() ?? "") ? Number(header) : otherwise);
