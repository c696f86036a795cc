/** Later than any deadline: `activeRuns` asked for this instant gives every run that is not final, due or not. */
export const EVERY_RUN = "9999-12-31T23:59:59.999Z";

/** Active runs that one process looks at; those beyond are left to a later pass. */
export const MOST_RUNS = 1000;
