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
  /** What else was given: `--interval`, `--chat`. */
  readonly options: readonly string[];
}

const HOMEBREW = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

export const labelOf = (channel: string): string => `org.bioagent.bridge.${channel}`;
export const secretsFile = "$HOME/.config/bioagent/bridge.env";

/** Secrets are read from a file of their own; none stands in what launchd shows to everybody (`launchctl print`). */
const SCRIPT = `set -a; if [ -r "${secretsFile}" ]; then . "${secretsFile}"; fi; set +a; exec "$@"`;

/** A user agent: Messages answers only to a process of the session that is logged in. `man launchd.plist`. */
export function launchdPlist(parts: LaunchdParts): string {
  const { channel, node, bin, home } = parts;
  const log = `${home}/Library/Logs/bioagent-bridge-${channel}.log`;
  const command = [node, bin, "bridge", "imessage", "--channel", channel, ...parts.options];
  const variables = {
    PATH: `${node.replace(/\/[^/]*$/, "")}:${HOMEBREW}`,
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

/** The two commands that install it, and where secrets go. */
export function installLines(channel: string, options: readonly string[]): string[] {
  const file = `~/Library/LaunchAgents/${labelOf(channel)}.plist`;
  const more = options.map((option) => ` ${shellWord(option)}`).join("");
  return [
    "install it with:",
    `  bioagent bridge imessage --channel ${channel}${more} --launchd > ${file}`,
    `  launchctl bootstrap gui/$(id -u) ${file}`,
    `secrets (BLUEBUBBLES_PASSWORD, BIOAGENT_TOKEN) go into ${secretsFile}, as NAME='value', with chmod 600`,
  ];
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
