import { Ajv2020 } from "ajv/dist/2020.js";

const INSTANT = "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$";
/** What breaks other languages' readers of JSON: control characters but line breaks, which the text has. */
const TEXT = { type: "string", pattern: "^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f]*$" } as const;
const LINE = { type: "string", pattern: "^[^\\u0000-\\u001f\\u007f]*$" } as const;

/** A CloudEvent 1.0 in JSON with the context attributes of its specification, and our data in it. */
const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
  // Further attributes would have to be `^[a-z0-9]{1,20}$`.
  additionalProperties: false,
  properties: {
    specversion: { const: "1.0" },
    id: { type: "string", minLength: 1, pattern: "^[^.]+$" },
    source: { type: "string", minLength: 1, pattern: "^\\S+$" },
    type: { type: "string", pattern: "^dev\\.bioagent\\.(run|job)\\.[a-z]+$" },
    subject: { ...LINE, minLength: 1 },
    time: { type: "string", pattern: INSTANT },
    datacontenttype: { const: "application/json" },
    data: {
      type: "object",
      required: [
        "event",
        "run_id",
        "status",
        "outcome",
        "details",
        "more",
        "text",
        "possible_repeat",
        "test",
        "links",
      ],
      additionalProperties: false,
      properties: {
        event: { type: "string" },
        run_id: LINE,
        name: LINE,
        pipeline: LINE,
        status: LINE,
        outcome: { type: ["string", "null"] },
        status_line: LINE,
        output: LINE,
        executor: LINE,
        description: LINE,
        round: { type: "integer" },
        details: { type: "array", items: LINE },
        more: { type: "integer", minimum: 0 },
        jobs: { type: ["string", "null"] },
        logs: { type: ["string", "null"] },
        retries: { type: ["string", "null"] },
        seconds: { type: ["number", "null"] },
        commands: { type: "array", items: LINE },
        text: TEXT,
        possible_repeat: { type: "boolean" },
        test: { type: "boolean" },
        links: {
          type: "object",
          required: ["output"],
          properties: { output: LINE, logs: LINE },
          additionalProperties: false,
        },
      },
    },
  },
} as const;

const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(SCHEMA);

/** Why it is no such event, or null. */
export function cloudEventProblem(event: unknown): string | null {
  if (!JSON.stringify(event).isWellFormed() || /\\ud[89a-f]/i.test(JSON.stringify(event)))
    return "half a character";
  if (validate(event)) return null;
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join("; ");
}
