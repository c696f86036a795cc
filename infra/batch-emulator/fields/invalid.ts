import { ApiError } from "../model.ts";
import type { Violation } from "../validate/violation.ts";

/**
 * As Google's front end refuses a mask: the message says nothing, its details everything (r-lib/gargle keeps such an answer of
 * Sheets, `sheets-spreadsheets-get-bad-field-mask_400.rds`).
 */
export const maskIsInvalid = (fieldViolations: readonly Violation[]): ApiError =>
  new ApiError(3, "Request contains an invalid argument.", [
    { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations },
  ]);

/** In Google's own words (the same answer, and what users report of Docs, Places and Vertex AI). */
export const unknownPath = (path: string): Violation => ({
  field: path,
  description: `Error expanding 'fields' parameter. Cannot find matching fields for path '${path}'.`,
});
