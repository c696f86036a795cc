import { createHash } from "node:crypto";
import type { NoticeFacts } from "../../core/notice.ts";
import type { Message, RunView } from "../../ports.ts";

/** Whose a branch, a region, a comment is. */
export interface RunMark {
  /** As it stands in branches, paths and markers. */
  readonly id: string;
  /** Tells runs of one id apart that different stores have made; names are unique in a store and hardly met twice. */
  readonly name: string;
}

/** First characters of the SHA-256 of a text, hexadecimal. */
export const shortHash = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Ids and names of BioAgent's runs as they are; of anything else what may stand in paths, with a hash of the rest. */
export function safeName(text: string): string {
  if (
    /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*$/.test(text) &&
    !/(?:\.|\.lock)$/.test(text) &&
    text.length <= 128
  )
    return text;
  const readable = text
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .slice(0, 80)
    .replace(/^[-_]+|-+$/g, "");
  return `${readable || "run"}-${shortHash(text)}`;
}

export const runMark = ({ run_id, name }: Pick<NoticeFacts, "run_id" | "name">): RunMark => ({
  id: safeName(run_id),
  name: safeName(name),
});

/** `results/rnaseq-2026-02-27-001`; of a test, another for each notice, so that no run's is touched. */
export function branchOf(mark: RunMark, message: Pick<Message, "test" | "notice_id">): string {
  if (message.test) return `results/test-${shortHash(message.notice_id)}`;
  const own = /^(\d{4}-\d{2}-\d{2})_([a-z][a-z0-9_]*)_(\d{3,})$/.exec(mark.id);
  return own ? `results/${own[2]}-${own[1]}-${own[3]}` : `results/${mark.id}`;
}

/** A later round has one of its own where the pull request of an earlier one was closed. */
export const branchOfRound = (branch: string, round: number): string =>
  round === 1 ? branch : `${branch}-r${round}`;

/** Where the table stands. */
export interface ResultsPlace {
  readonly path: string;
  /** A document of people's, not a file of our own. */
  readonly shared: boolean;
}

/** The document of the settings; a file of its own where there is none, or where the run lacks a label that it names. */
export function placeOf(
  settings: { readonly path: string; readonly document?: string | undefined },
  mark: RunMark,
  view: RunView | null,
): ResultsPlace {
  const document = view && settings.document ? filled(settings.document, view) : null;
  return document === null
    ? { path: `${settings.path}/${mark.id}/results.md`, shared: false }
    : { path: document, shared: true };
}

function filled(template: string, { run }: RunView): string | null {
  let isWhole = true;
  const value = (name: string): string => {
    if (name === "pipeline") return safeName(run.pipeline);
    if (name === "name") return safeName(run.name);
    const label = name.slice("label:".length);
    const given = Object.hasOwn(run.labels, label) ? run.labels[label]! : "";
    if (given === "") isWhole = false;
    return safeName(given);
  };
  const path = template.replaceAll(/\{([^{}]+)\}/g, (_, name: string) => value(name));
  return isWhole ? path : null;
}
