import type { Contact } from "./contact.ts";
import { isOk } from "./http.ts";
import { listAt, textAt } from "./json.ts";
import type { Outcome } from "./outcome.ts";

/** What a probe's scripts told, by key; from the bucket where there is one, else from Cloud Logging. */
export async function reportsOf(
  contact: Contact,
  probe: string,
  outcome: Outcome,
): Promise<Readonly<Record<string, string>>> {
  const { storage, logs } = contact;
  if (storage !== null) return fromBucket(contact, `reports/${probe}/`);
  return logs === null ? {} : fromLogs(contact, textAt(outcome.job, "uid"));
}

async function fromBucket({ storage }: Contact, folder: string): Promise<Record<string, string>> {
  const names = (await storage!.list(folder)).filter((name) => !name.endsWith("/"));
  const read = names.map(async (name): Promise<[string, string]> => {
    const answer = await storage!.read(name);
    const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
    return [name.slice(folder.length), isOk(answer) ? text : ""];
  });
  return Object.fromEntries(await Promise.all(read));
}

const LINE = /^BIOAGENT-FC (\S+) ?(.*)$/;
/** Entries appear some time after they were written. */
const LOG_SECONDS = 90;

async function fromLogs({ logs, site }: Contact, uid: string): Promise<Record<string, string>> {
  const told = (entries: readonly unknown[]): [string, string][] =>
    entries.flatMap((entry): [string, string][] => {
      const match = LINE.exec(textAt(entry, "textPayload").trimEnd());
      return match ? [[match[1]!, match[2]!]] : [];
    });
  const enough = (entries: readonly unknown[]): boolean => told(entries).some(([key]) => key === "end");
  const answer = await logs!.readUntil("batch_task_logs", uid, enough, site.seconds(LOG_SECONDS, 3));
  return Object.fromEntries(told(listAt(answer.body, "entries")));
}
