/** Epoch milliseconds of an instant: as text, `...:00Z` would sort after `...:00.500Z`. */
export const epochOf = (instant: string): number => Date.parse(instant);
export const epochOrNull = (instant: string | null): number | null =>
  instant === null ? null : epochOf(instant);
