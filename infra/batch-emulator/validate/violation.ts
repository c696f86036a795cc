import { ApiError } from "../model.ts";

/** One thing wrong with a request, as `google.rpc.BadRequest` names it. */
export interface Violation {
  /** The path in proto names, `job.task_groups[0].task_spec`. */
  readonly field: string;
  readonly description: string;
}

/** INVALID_ARGUMENT with all violations: their texts by line, and as details. */
export function badRequest(violations: readonly Violation[]): ApiError {
  const message = violations.map((violation) => violation.description).join("\n");
  return new ApiError(3, message, [
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: violations.map(({ field, description }) =>
        field === "" ? { description } : { field, description },
      ),
    },
  ]);
}

/**
 * How Batch itself words what a well-formed request may not say. Two real ones: `job.allocation_policy field is invalid. all
 * specified locations end up in more than one regions [...]` (broadinstitute/cromwell 7708), `pagesize field is invalid.
 * mismatching token page size error : ...` (googleapis/python-batch 101).
 */
export const fieldIsInvalid = (field: string, why: string): ApiError =>
  badRequest([{ field, description: `${field} field is invalid. ${why}` }]);
