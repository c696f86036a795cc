import type { z } from "zod";
import { AdapterError } from "../../ports.ts";

/** The document, or an `AdapterError` that names the field which is not as it must be: only a hand or a newer version makes it so. */
export function parseDocument<S extends z.ZodType>(schema: S, path: string, fields: unknown): z.output<S> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map(({ path: field, message }) => `${field.join(".") || "the document"}: ${message}`);
  throw new AdapterError(
    `Firestore document ${path} is not as BioAgent writes it: ${problems.join("; ")}. Was it edited in the console? Put the field back; nothing else is held up by it.`,
    { code: "bad_document", retryable: false },
  );
}
