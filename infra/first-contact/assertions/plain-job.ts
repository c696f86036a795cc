import type { Fields } from "../batch-rest.ts";
import type { Contact } from "../contact.ts";
import { jobOf, script } from "../probe.ts";

/** The smallest definition that is accepted. */
export const plainJob = ({ site }: Contact): Fields => jobOf(site, { runnables: [script("true")] });
