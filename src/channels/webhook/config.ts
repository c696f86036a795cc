import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";
import { keyOf } from "./signature.ts";

/** Its messages never show the value. */
const Secret = z
  .string()
  .refine(
    (text) => keyOf(text) !== null,
    "expected whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)",
  );

/** As RFC 3986 has it, but for brackets: what stands before a first colon is a scheme, and % begins two hexadecimal digits. */
function isUriReference(text: string): boolean {
  const isPlain = /^(?:[\w:/?#@!$&'()*+,;=.~-]|%[\da-f]{2}){1,200}$/i.test(text);
  return isPlain && /^(?:[a-z][a-z\d+.-]*:|[^:]*$|[^:]*[/?#])/i.test(text) && text.split("#").length <= 2;
}

/**
 * CloudEvents 1.0 to any address, signed as Standard Webhooks 1.0.0; two secrets while one replaces the other. `source` says whose
 * BioAgent it is, where one receiver hears of several.
 */
export const WebhookConfig = z.strictObject({
  kind: z.literal("webhook"),
  url: z
    .string()
    .refine(
      (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
      "expected the receiver's URL, https://ops.lab.org/hook",
    ),
  secret: Secret,
  previous_secret: Secret.optional(),
  source: z.string().refine(isUriReference, "expected a URI, such as https://lab.org/bioagent").optional(),
  ...CHANNEL_BASE,
});
export type WebhookConfig = z.infer<typeof WebhookConfig>;
