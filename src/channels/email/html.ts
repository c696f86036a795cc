import type { Message } from "../../ports.ts";
import { type MailLines, previewOf } from "./mail-lines.ts";

/** Colours that read on white; in the dark, those of `DARK` stand in. Colour is never the only sign: each line says it in words. */
const ACCENT = {
  good: "#1a7f37",
  partly: "#9a6700",
  bad: "#b42318",
  calm: "#175cd3",
  quiet: "#57606a",
} as const;

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px";
const WRAP = "overflow-wrap:anywhere;word-break:break-word";

/** For clients that read style sheets (Apple Mail, Outlook on phones); Gmail and Outlook turn the inline colours by themselves. */
const DARK = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#0d1117!important}
.card{background:#161b22!important;border-left-color:#30363d!important;border-right-color:#30363d!important;border-bottom-color:#30363d!important}
.text{color:#e6edf3!important}
.soft{color:#9da7b3!important}
.code{background:#21262d!important;color:#e6edf3!important}
.good{color:#56d364!important}.partly{color:#e3b341!important}.bad{color:#ff7b72!important}
}`;

/** The notice as a page: tables and inline styles, which Outlook wants; no picture, no link, no script. */
export function htmlOf(lines: MailLines, message: Message): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${escapeHtml(lines.title)}</title>
<style>
${DARK}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escapeHtml(previewOf(lines, message))}${PREVIEW_END}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f3f4f6">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px">
<tr><td class="card text" style="padding:24px;background:#ffffff;border:1px solid #d0d7de;border-top:4px solid ${accentOf(message)};color:#1f2328;${FONT};font-size:15px;line-height:1.5;text-align:left;${WRAP}">
${bodyOf(lines)}
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
}

/** Keeps the mail's own beginning out of the preview. */
const PREVIEW_END = "&#847;&zwnj;&nbsp;".repeat(40);

function bodyOf({ title, head, details, tail }: MailLines): string {
  return [
    `<h1 class="text" style="margin:0 0 16px;font-size:20px;line-height:1.3;color:#1f2328">${escapeHtml(title)}</h1>`,
    ...head.map((line) => paragraph(labelled(line))),
    ...listOf(details),
    ...(tail.length > 0 ? [`<div style="margin:16px 0 0">`, ...tail.map(tailLine), `</div>`] : []),
  ].join("\n");
}

function listOf(details: readonly string[]): string[] {
  if (details.length === 0) return [];
  const items = details.map((detail) => `<li style="margin:0 0 6px">${escapeHtml(detail)}</li>`);
  return [`<ul style="margin:16px 0 0;padding:0 0 0 20px">`, ...items, "</ul>"];
}

const paragraph = (html: string): string => `<p style="margin:0 0 4px">${html}</p>`;

/** Before the first colon stands what the line is about; the words are core's. */
function labelled(line: string): string {
  const [, label = "", value = ""] = /^([A-Za-z]+:) ?(.*)$/su.exec(line) ?? [];
  if (label === "") return escapeHtml(line);
  const shown = label === "Status:" ? countsOf(value) : escapeHtml(value);
  return `<span class="soft" style="color:#57606a">${label}</span> ${shown}`;
}

const MARKS = [
  ["✅", "good"],
  ["❌", "bad"],
  ["step ", "bad"],
  ["⏭", "partly"],
] as const;

/** Each count in its colour. */
function countsOf(status: string): string {
  return status
    .split(", ")
    .map((part) => {
      // None succeeded: nothing to show green.
      const tone = part.startsWith("✅ 0/") ? undefined : MARKS.find(([mark]) => part.startsWith(mark))?.[1];
      const style = tone ? ` class="${tone}" style="color:${ACCENT[tone]}"` : "";
      return `<strong${style}>${escapeHtml(part)}</strong>`;
    })
    .join(", ");
}

function tailLine(line: string): string {
  const command = /^Next: (.*)$/su.exec(line)?.[1];
  if (command !== undefined) {
    const code = `<code class="code" style="padding:2px 6px;background:#eff1f3;color:#1f2328;${MONO}">${escapeHtml(command)}</code>`;
    return paragraph(`<span class="soft" style="color:#57606a">Next:</span> ${code}`);
  }
  return paragraph(line.startsWith("(") ? `<em>${escapeHtml(line)}</em>` : labelled(line));
}

const COMPLETED: Readonly<Record<string, string>> = {
  all_succeeded: ACCENT.good,
  some_skipped: ACCENT.partly,
};

/** The stripe above the card; a run with skips or failures is never green. */
function accentOf({ event, facts }: Message): string {
  if (event === "run.completed") return COMPLETED[facts.outcome ?? ""] ?? ACCENT.bad;
  if (event === "run.failed") return ACCENT.bad;
  if (event === "run.cancelled") return ACCENT.quiet;
  return event === "run.started" || event === "run.progress" ? ACCENT.calm : ACCENT.partly;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
