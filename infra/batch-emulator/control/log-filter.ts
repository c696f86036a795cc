import type { LogEntry } from "./log-entries.ts";

/** Fields of an entry that a filter may compare, by their path. */
function fieldOf(entry: LogEntry, path: string): string | null {
  const clean = path.replaceAll('"', "");
  if (clean.startsWith("labels.")) return entry.labels[clean.slice(7)] ?? null;
  if (clean.startsWith("resource.labels.")) return entry.resource.labels[clean.slice(16)] ?? null;
  const plain: Record<string, string> = {
    "resource.type": entry.resource.type,
    logName: entry.logName,
    timestamp: entry.timestamp,
    severity: entry.severity,
    textPayload: entry.textPayload,
  };
  return plain[clean] ?? null;
}

type Predicate = (entry: LogEntry) => boolean;

const OPERAND = String.raw`("(?:[^"\\]|\\.)*"|[^\s()]+)`;
const OPERATOR = "(>=|<=|!=|=~|!~|=|:|>|<)";
const COMPARISON = new RegExp(`^([\\w."]+?)\\s*${OPERATOR}\\s*${OPERAND}$`);
const TOKEN = new RegExp(`\\(|\\)|[\\w."]+\\s*${OPERATOR}\\s*${OPERAND}|[^\\s()]+`, "g");

/**
 * A predicate for the part of the filter language that readers of Batch's logs use: comparisons joined by AND (or nothing),
 * OR and NOT, with parentheses. Throws on anything else, and names the place.
 */
export function readFilter(text: string): Predicate {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return () => true;
  const whole = readEither(tokens);
  if (tokens.length > 0) throw new Error(`"${tokens[0]}" is not expected`);
  return whole;
}

function readEither(tokens: string[]): Predicate {
  const parts = [readBoth(tokens)];
  while (tokens[0] === "OR") {
    tokens.shift();
    parts.push(readBoth(tokens));
  }
  return (entry) => parts.some((part) => part(entry));
}

function readBoth(tokens: string[]): Predicate {
  const parts = [readSingle(tokens)];
  while (tokens.length > 0 && tokens[0] !== "OR" && tokens[0] !== ")") {
    if (tokens[0] === "AND") tokens.shift();
    parts.push(readSingle(tokens));
  }
  return (entry) => parts.every((part) => part(entry));
}

function readSingle(tokens: string[]): Predicate {
  const token = tokens.shift() ?? "";
  if (token === "NOT") {
    const inner = readSingle(tokens);
    return (entry) => !inner(entry);
  }
  if (token !== "(") return comparison(token);
  const inner = readEither(tokens);
  if (tokens.shift() !== ")") throw new Error("a parenthesis is not closed");
  return inner;
}

const LEVELS = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];

function comparison(token: string): Predicate {
  const [, path, operator, quoted] = COMPARISON.exec(token) ?? [];
  if (path === undefined || quoted === undefined) throw new Error(`"${token}" is not a comparison`);
  const wanted = quoted.startsWith('"') ? (JSON.parse(quoted) as string) : quoted;
  const holds = OPERATORS[operator!]!;
  const rank = path === "severity" ? levelOf : sortableTime;
  return (entry) => {
    const value = fieldOf(entry, path);
    if (value === null) return operator === "!=" || operator === "!~";
    return holds(value, wanted, rank(value), rank(wanted));
  };
}

type Holds = (value: string, wanted: string, rank: string, wantedRank: string) => boolean;

const OPERATORS: Readonly<Record<string, Holds>> = {
  "=": (value, wanted) => value === wanted,
  "!=": (value, wanted) => value !== wanted,
  ":": (value, wanted) => value.toLowerCase().includes(wanted.toLowerCase()),
  "=~": (value, wanted) => new RegExp(wanted).test(value),
  "!~": (value, wanted) => !new RegExp(wanted).test(value),
  ">=": (_value, _wanted, rank, wantedRank) => rank >= wantedRank,
  "<=": (_value, _wanted, rank, wantedRank) => rank <= wantedRank,
  ">": (_value, _wanted, rank, wantedRank) => rank > wantedRank,
  "<": (_value, _wanted, rank, wantedRank) => rank < wantedRank,
};

/** So that severities compare as texts. */
const levelOf = (name: string): string => String(LEVELS.indexOf(name));

/** RFC 3339 in UTC with the fraction filled up, so that texts compare as times do. */
export function sortableTime(text: string): string {
  const [, whole, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(text) ?? [];
  return whole === undefined ? text : `${whole}.${fraction.padEnd(9, "0")}`;
}
