import type { Chance } from "../model.ts";
import { fieldIsInvalid } from "../validate/violation.ts";

/** As the service demands of ids (quoted by DataBiosphere/dsub and broadinstitute/cromwell). */
const JOB_ID = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ZERO_UUID = "00000000-0000-0000-0000-000000000000";

export function checkJobId(id: string): void {
  if (!JOB_ID.test(id)) throw fieldIsInvalid("job_id", `"${id}" does not match the regex ${JOB_ID.source}`);
}

/** Refuses what is no UUID, and the zero one. Null when there is none. */
export function checkedRequestId(id: string | undefined): string | null {
  if (!id) return null;
  if (!UUID.test(id)) throw fieldIsInvalid("request_id", `"${id}" is not a valid UUID`);
  if (id === ZERO_UUID) throw fieldIsInvalid("request_id", "the zero UUID is not supported");
  return id.toLowerCase();
}

/** For a job whose creator named none. */
export function generatedJobId(chance: Chance): string {
  const part = (digits: number): string => hex(chance, digits);
  return `j-${part(8)}-${part(4)}-4${part(3)}-a${part(3)}-${part(12)}`;
}

/** The modern form: 18 characters of the id and most of a UUID, as in `nf-be93a727-170767-bb09690d-ae36-4f790`. */
export const generatedUid = (chance: Chance, jobId: string): string =>
  `${jobId.slice(0, 18)}-${hex(chance, 8)}-${hex(chance, 4)}-4${hex(chance, 3)}0`;

export const generatedOperationId = (chance: Chance): string =>
  `operation-${Math.floor(chance.now())}-${hex(chance, 13)}-${hex(chance, 8)}-${hex(chance, 8)}`;

const hex = (chance: Chance, digits: number): string =>
  Math.floor(chance.random() * 16 ** digits)
    .toString(16)
    .padStart(digits, "0");
