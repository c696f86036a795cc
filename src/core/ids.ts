/** Ids are derived from what they name, never invented: whoever computes them gets the same one. */

/** `2026-02-27_rnaseq_001`: `count` is the day's run number over all pipelines. */
export const runId = (day: string, pipeline: string, count: number): string =>
  `${day}_${pipeline}_${String(count).padStart(3, "0")}`;

/** `fastqc-sample01`, or `multiqc` for a job that is per run. */
export const jobKey = (step: string, sample: string | null): string =>
  sample === null ? step : `${step}-${sample}`;

const MOST_ATTEMPT_ID = 63;
const ROOM_FOR_NUMBER = "-a999".length;

/**
 * The part of a job's attempt ids before `-aN`: a readable slug, cut where it must be, and 8 hexadecimal digits,
 * never cut, of a hash over store, run and job. With any number up to 999 it fits 63 characters of `[a-z0-9-]`.
 */
export function attemptBaseOf(run: string, job: string, hash8: string): string {
  const most = MOST_ATTEMPT_ID - ROOM_FOR_NUMBER - hash8.length - 1;
  const slug = slugOf(`bioagent-${shortRun(run)}-${job}`)
    .slice(0, most)
    .replace(/-+$/, "");
  return `${slug}-${hash8}`;
}

/** What the hash of a job is taken over. */
export const jobIdentity = (storeUid: string, run: string, job: string): string =>
  JSON.stringify([storeUid, run, job]);

function shortRun(run: string): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})_[a-z][a-z0-9_]*_(\d{3,})$/.exec(run);
  return parts ? `${parts[1]}${parts[2]}${parts[3]}-${parts[4]}` : run;
}

const slugOf = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");

/** Key of an event document: zero-padded, so that documents sort as events happened. */
export const eventKey = (seq: number): string => String(seq).padStart(8, "0");

/** The same transition makes the same notice: told once, however often it is computed. */
export const noticeId = (part: {
  run: string;
  round: number;
  event: string;
  group: string;
  channel: string;
  recipient: string;
}): string =>
  [part.run, `r${part.round}`, part.event, part.group || "-", part.channel, part.recipient]
    .map((text) => text.replace(/[^A-Za-z0-9._@+-]/gu, (char) => `%${char.codePointAt(0)!.toString(16)}`))
    .join("~");
