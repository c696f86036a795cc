/** An instant in the one form whose text sorts as time does: always with milliseconds. */
export const sortable = (instant: string): string => new Date(instant).toISOString();
