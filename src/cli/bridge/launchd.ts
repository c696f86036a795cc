import { basename, dirname, isAbsolute } from "node:path";

/** What launchd runs, with every path filled in: it starts with an empty environment, in the root folder. */
export interface LaunchdParts {
  readonly channel: string;
  /** Of the API. */
  readonly url: string;
  /** The configuration's file, absolute; null: none. */
  readonly config: string | null;
  readonly node: string;
  readonly bin: string;
  readonly home: string;
  readonly cwd: string;
  /** Where programs are found now: the agent finds gcloud and imsg where `--check` did. */
  readonly path: string;
  /** What else was given: `--interval`, `--chat`. */
  readonly options: readonly string[];
}

const HOMEBREW = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/** Node by its name, first where it is now: an upgrade by Homebrew takes that folder away, and `node` is then the new one. */
const pathOf = ({ node, path }: Pick<LaunchdParts, "node" | "path">): string =>
  [...new Set([dirname(node), ...`${path}:${HOMEBREW}`.split(":")])].filter(isAbsolute).join(":");

const labelOf = (channel: string): string => `org.bioagent.bridge.${channel}`;
const secretsFile = "$HOME/.config/bioagent/bridge.env";

/** Secrets are read from a file of their own; none stands in what launchd shows to everybody (`launchctl print`). */
const SCRIPT = `set -a; if [ -r "${secretsFile}" ]; then . "${secretsFile}"; fi; set +a; exec "$@"`;

/** A user agent: Messages answers only to a process of the session that is logged in. `man launchd.plist`. */
export function launchdPlist(parts: LaunchdParts): string {
  const { channel, node, bin, home } = parts;
  const log = `${home}/Library/Logs/bioagent-bridge-${channel}.log`;
  const command = [basename(node), bin, "bridge", "imessage", "--channel", channel, ...parts.options];
  const variables = {
    PATH: pathOf(parts),
    BIOAGENT_URL: parts.url,
    ...(parts.config === null ? {} : { BIOAGENT_CONFIG: parts.config }),
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(labelOf(channel))}
  <key>ProgramArguments</key>
  <array>
${["/bin/sh", "-c", SCRIPT, "bioagent-bridge", ...command].map((each) => `    ${string(each)}`).join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${Object.entries(variables)
  .map(([name, value]) => `    <key>${name}</key>\n    ${string(value)}`)
  .join("\n")}
  </dict>
  <key>WorkingDirectory</key>
  ${string(parts.cwd)}
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>30</integer>
  <key>StandardOutPath</key>
  ${string(log)}
  <key>StandardErrorPath</key>
  ${string(log)}
</dict>
</plist>
`;
}

const string = (text: string): string =>
  `<string>${text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</string>`;

/** The commands that install it, and where secrets go. Only its owner may read the file: it says to whom it writes. */
export function installLines(channel: string, options: readonly string[]): string[] {
  const label = labelOf(channel);
  const file = `~/Library/LaunchAgents/${label}.plist`;
  const more = options.map((option) => ` ${shellWord(option)}`).join("");
  return [
    `secrets (BLUEBUBBLES_PASSWORD, BIOAGENT_TOKEN) go into ${secretsFile}, as NAME='value', with chmod 600; then:`,
    "  mkdir -p ~/Library/LaunchAgents",
    `  bioagent bridge imessage --channel ${channel}${more} --launchd > ${file} && chmod 600 ${file}`,
    `  launchctl bootstrap gui/$(id -u) ${file}`,
    `to stop it, and before it is installed again: launchctl bootout gui/$(id -u)/${label}`,
  ];
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
