/** The calls that Batch counts against its quotas: reads 15,000, mutations 6,000 a minute and region. */
export const CALL_KINDS = ["create", "get", "list", "listTasks", "cancel", "delete"] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** How many calls of each kind were made; a page of a listing is a call. */
export type CallCounts = Readonly<Record<CallKind, number>>;

export interface CallCounter {
  count(kind: CallKind): void;
  read(): CallCounts;
}

export function countCalls(): CallCounter {
  const counts: Record<CallKind, number> = { create: 0, get: 0, list: 0, listTasks: 0, cancel: 0, delete: 0 };
  return {
    count: (kind) => {
      counts[kind] += 1;
    },
    read: () => ({ ...counts }),
  };
}
