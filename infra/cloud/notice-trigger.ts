import { pause } from "./scheduler.ts";

/**
 * A stand-in for Eventarc's Firestore trigger: every document created in `notices` is posted as a CloudEvent in binary mode,
 * at least once, until it is acknowledged. The body is left empty: the real one is protobuf, and nothing of it may be believed.
 */
export async function startNoticeTrigger(options: {
  readonly projectId: string;
  readonly databaseId: string;
  /** HOST:PORT of the Firestore emulator. */
  readonly firestore: string;
  readonly url: string;
  readonly warn: (text: string) => void;
}): Promise<{ stop(): Promise<void> }> {
  const { Firestore } = await import("@google-cloud/firestore");
  const { projectId, databaseId } = options;
  const [host, port] = options.firestore.split(":");
  const database = new Firestore({
    projectId,
    databaseId,
    host: `${host}:${port}`,
    ssl: false,
  });
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  const stop = database.collection("notices").onSnapshot(
    (snapshot) => {
      for (const change of snapshot.docChanges()) {
        if (change.type !== "added" || change.doc.get("status") !== "pending") continue;
        const sent = tell(options, change.doc.id, stopping.signal).finally(() => sending.delete(sent));
        sending.add(sent);
      }
    },
    (error) => options.warn(`trigger: ${error.message}`),
  );
  return {
    async stop() {
      stopping.abort();
      stop();
      await Promise.all(sending);
      await database.terminate();
    },
  };
}

/** Milliseconds: https://cloud.google.com/eventarc/docs/retry-events has 10 s to 600 s; here people watch. */
const FIRST_PAUSE = 500;
const MOST_TRIES = 10;

async function tell(
  { url, projectId, databaseId, warn }: Parameters<typeof startNoticeTrigger>[0],
  notice: string,
  signal: AbortSignal,
): Promise<void> {
  const source = `//firestore.googleapis.com/projects/${projectId}/databases/${databaseId}`;
  const headers = {
    "content-type": "application/protobuf",
    "ce-id": notice,
    "ce-specversion": "1.0",
    "ce-type": "google.cloud.firestore.document.v1.created",
    "ce-source": source,
    "ce-subject": `documents/notices/${notice}`,
    "ce-document": `notices/${notice}`,
    "ce-time": new Date().toISOString(),
  };
  for (let tries = 1; tries <= MOST_TRIES && !signal.aborted; tries++) {
    const status = await fetch(url, { method: "POST", headers, signal }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status >= 200 && status < 300) return;
    await pause(FIRST_PAUSE * 2 ** (tries - 1), signal);
  }
  if (!signal.aborted) warn(`trigger: ${notice} was not acknowledged; the poll sweeps it`);
}
