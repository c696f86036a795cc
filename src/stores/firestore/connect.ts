import type * as Client from "@google-cloud/firestore";

export interface Place {
  readonly projectId: string;
  readonly databaseId: string;
  /** `HOST:PORT` of an emulator. */
  readonly emulatorHost?: string | undefined;
}

/** Google's client, loaded and opened. */
export interface Connected {
  readonly client: Client.Firestore;
  readonly documentId: () => Client.FieldPath;
  readonly timestamp: (instant: string) => Client.Timestamp;
}

/**
 * Loads Google's client (150 ms, 40 MB) and opens the database; nothing is sent yet. It speaks gRPC: REST (`preferRest`)
 * loads gRPC all the same, and its first read was as slow (docs/firestore.md).
 */
export async function connect({ projectId, databaseId, emulatorHost }: Place): Promise<Connected> {
  const { Firestore, FieldPath, Timestamp } = await import("./google-client.ts");
  const client = new Firestore({
    projectId,
    databaseId,
    // `encodeFields` leaves out what is undefined, as JSON does; one that gets this far is a bug, and is refused.
    ignoreUndefinedProperties: false,
    ...(emulatorHost === undefined ? {} : { host: emulatorHost, ssl: false }),
  });
  return {
    client,
    documentId: () => FieldPath.documentId(),
    timestamp: (instant) => Timestamp.fromDate(new Date(instant)),
  };
}
