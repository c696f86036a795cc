import type { BatchClient } from "./batch-client.ts";
import type { GcpBatchOptions } from "./batch-settings.ts";
import { type RegionView, viewRegion } from "./region-view.ts";

/** What the parts of one executor share. */
export interface BatchContext {
  readonly options: GcpBatchOptions;
  readonly client: BatchClient;
  /** The store's label value. */
  store(): Promise<string>;
  /** What is known of the jobs of a region; one for each, kept. */
  view(region: string): RegionView;
  /** What was seen before does not count any more, in any region. */
  stale(): void;
  /** Attempts that could not even be given a job that does nothing, because creating is refused: they cannot start. */
  readonly neverStarted: Set<string>;
}

/** Jobs' parent of a region: `projects/P/locations/R`. */
export const parentOf = ({ options }: Pick<BatchContext, "options">, region: string): string =>
  `projects/${options.project}/locations/${region}`;

export function batchContext(
  options: GcpBatchOptions,
  client: BatchClient,
  storeLabel: (uid: string) => string,
): BatchContext {
  const views = new Map<string, RegionView>();
  let uid: Promise<string> | null = null;
  const store = (): Promise<string> => {
    uid ??= options.storeUid().catch((error: unknown) => {
      uid = null;
      throw error;
    });
    return uid.then(storeLabel);
  };
  return {
    options,
    client,
    store,
    neverStarted: new Set(),
    view(region) {
      const parent = `projects/${options.project}/locations/${region}`;
      const view = views.get(region) ?? viewRegion({ client, parent, store });
      views.set(region, view);
      return view;
    },
    stale() {
      for (const view of views.values()) view.stale(null);
    },
  };
}
