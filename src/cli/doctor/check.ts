/** One thing that BioAgent stands on. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly text: string;
}

export const good = (name: string, text: string): Check => ({ name, ok: true, text });
export const bad = (name: string, text: string): Check => ({ name, ok: false, text });
