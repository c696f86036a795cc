import { z } from "zod";
import { Duration } from "../../core/resources.ts";
import { CHANNEL_BASE } from "../channel-base.ts";

/** `iMessage;-;+15551234567`, `iMessage;+;chat1234`; `any;-;...` since macOS 26. */
const CHAT_GUID = /^[A-Za-z]+;[-+];[^\s\p{Cc}]+$/u;
/** A phone number with its country, or an e-mail address: what `imsg` takes for a person. */
const PERSON = /^(?:\+\d{5,15}|[^\s@;]+@[^\s@;]+)$/;

const CHAT_FORM = "expected a chat's GUID, such as iMessage;-;+15551234567";
const URL_FORM = "expected the address of the BlueBubbles server, such as https://mac.example.org";

/** `via: direct` sends from here; `via: bridge` leaves it to `bioagent bridge imessage` on the Mac. */
export const ImessageConfig = z
  .strictObject({
    kind: z.literal("imessage"),
    bridge: z.enum(["bluebubbles", "imsg"]).default("bluebubbles"),
    via: z.enum(["direct", "bridge"]).default("direct"),
    /** Of the BlueBubbles server. A Mac that sends for itself asks its own, unless told. */
    url: z
      .string()
      .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), URL_FORM)
      .optional(),
    password: z.string().min(1).optional(),
    chat: z.string().optional(),
    /** The `imsg` program, where it is not on the PATH. */
    binary: z.string().min(1).optional(),
    /** How long one sending may take: 25s where people wait for a function, 150s on the Mac. */
    send_timeout: Duration.optional(),
    ...CHANNEL_BASE,
  })
  .superRefine((settings, context) => {
    for (const [key, message] of missing(settings)) {
      context.addIssue({ code: "custom", path: [key], message, input: settings });
    }
    if (settings.chat !== undefined && !isChat(settings.chat, settings.bridge)) {
      const message =
        settings.bridge === "imsg" ? `${CHAT_FORM}, or a number such as +15551234567` : CHAT_FORM;
      context.addIssue({ code: "custom", path: ["chat"], message, input: settings.chat });
    }
  });
export type ImessageConfig = z.infer<typeof ImessageConfig>;

type Given = Pick<ImessageConfig, "bridge" | "via" | "url" | "password" | "chat">;

/** In the cloud, a channel that a bridge tells needs to know nothing of the Mac. */
function missing({ bridge, via, url, password, chat }: Given): [string, string][] {
  if (via === "bridge") return [];
  const wanted: [string, string | undefined, string][] = [
    ["chat", chat, CHAT_FORM],
    ...(bridge === "bluebubbles"
      ? ([
          ["url", url, `${URL_FORM}, or via: bridge`],
          ["password", password, "expected the BlueBubbles server's password, or via: bridge"],
        ] as [string, string | undefined, string][])
      : []),
  ];
  return wanted.flatMap(([key, value, message]) => (value === undefined ? [[key, message]] : []));
}

const isChat = (chat: string, bridge: Given["bridge"]): boolean =>
  CHAT_GUID.test(chat) || (bridge === "imsg" && PERSON.test(chat));
