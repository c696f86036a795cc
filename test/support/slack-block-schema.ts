import { Ajv2020 } from "ajv/dist/2020.js";

/**
 * Slack's Block Kit as a JSON Schema, as far as a notice could use it. Limits: docs.slack.dev/reference/block-kit/blocks and the
 * models of slackapi/python-slack-sdk. Characters are counted as they are sent, entities and all.
 */
export const BLOCK_KIT_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "array",
  maxItems: 50,
  items: {
    type: "object",
    required: ["type"],
    oneOf: [
      { $ref: "#/$defs/header" },
      { $ref: "#/$defs/section" },
      { $ref: "#/$defs/context" },
      { $ref: "#/$defs/divider" },
      { $ref: "#/$defs/image" },
      { $ref: "#/$defs/actions" },
      { $ref: "#/$defs/markdown" },
      { $ref: "#/$defs/table" },
    ],
  },
  $defs: {
    block_id: { type: "string", minLength: 1, maxLength: 255 },
    plain_text: {
      type: "object",
      required: ["type", "text"],
      additionalProperties: false,
      properties: {
        type: { const: "plain_text" },
        text: { type: "string", minLength: 1, maxLength: 3_000 },
        emoji: { type: "boolean" },
      },
    },
    mrkdwn: {
      type: "object",
      required: ["type", "text"],
      additionalProperties: false,
      properties: {
        type: { const: "mrkdwn" },
        text: { type: "string", minLength: 1, maxLength: 3_000 },
        verbatim: { type: "boolean" },
      },
    },
    text: { oneOf: [{ $ref: "#/$defs/plain_text" }, { $ref: "#/$defs/mrkdwn" }] },
    image_url: { type: "string", maxLength: 3_000 },
    alt_text: { type: "string", minLength: 1, maxLength: 2_000 },
    header: {
      type: "object",
      required: ["type", "text"],
      additionalProperties: false,
      properties: {
        type: { const: "header" },
        block_id: { $ref: "#/$defs/block_id" },
        text: { $ref: "#/$defs/plain_text", properties: { text: { maxLength: 150 } } },
      },
    },
    section: {
      type: "object",
      required: ["type"],
      anyOf: [{ required: ["text"] }, { required: ["fields"] }],
      additionalProperties: false,
      properties: {
        type: { const: "section" },
        block_id: { $ref: "#/$defs/block_id" },
        text: { $ref: "#/$defs/text" },
        fields: {
          type: "array",
          minItems: 1,
          maxItems: 10,
          items: { $ref: "#/$defs/text", properties: { text: { maxLength: 2_000 } } },
        },
        expand: { type: "boolean" },
      },
    },
    context: {
      type: "object",
      required: ["type", "elements"],
      additionalProperties: false,
      properties: {
        type: { const: "context" },
        block_id: { $ref: "#/$defs/block_id" },
        elements: { type: "array", minItems: 1, maxItems: 10, items: { $ref: "#/$defs/text" } },
      },
    },
    divider: {
      type: "object",
      additionalProperties: false,
      properties: { type: { const: "divider" }, block_id: { $ref: "#/$defs/block_id" } },
    },
    image: {
      type: "object",
      required: ["type", "image_url", "alt_text"],
      additionalProperties: false,
      properties: {
        type: { const: "image" },
        block_id: { $ref: "#/$defs/block_id" },
        image_url: { $ref: "#/$defs/image_url" },
        alt_text: { $ref: "#/$defs/alt_text" },
      },
    },
    button: {
      type: "object",
      required: ["type", "text"],
      additionalProperties: false,
      properties: {
        type: { const: "button" },
        text: { $ref: "#/$defs/plain_text", properties: { text: { maxLength: 75 } } },
        action_id: { type: "string", maxLength: 255 },
        url: { type: "string", maxLength: 3_000 },
        value: { type: "string", maxLength: 2_000 },
        style: { enum: ["primary", "danger"] },
      },
    },
    actions: {
      type: "object",
      required: ["type", "elements"],
      additionalProperties: false,
      properties: {
        type: { const: "actions" },
        block_id: { $ref: "#/$defs/block_id" },
        elements: { type: "array", minItems: 1, maxItems: 25, items: { $ref: "#/$defs/button" } },
      },
    },
    markdown: {
      type: "object",
      required: ["type", "text"],
      additionalProperties: false,
      properties: { type: { const: "markdown" }, text: { type: "string", minLength: 1, maxLength: 12_000 } },
    },
    table: {
      type: "object",
      required: ["type", "rows"],
      additionalProperties: false,
      properties: {
        type: { const: "table" },
        block_id: { $ref: "#/$defs/block_id" },
        rows: {
          type: "array",
          minItems: 1,
          maxItems: 100,
          items: { type: "array", maxItems: 20, items: { type: "object" } },
        },
        column_settings: { type: "array", maxItems: 20 },
      },
    },
  },
} as const;

const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  BLOCK_KIT_SCHEMA,
);

/** Where and why Slack would refuse the blocks, or null. */
export function blocksProblem(blocks: unknown): string | null {
  if (validate(blocks)) return null;
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join("; ");
}
