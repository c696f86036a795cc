import type { Files } from "../ports.ts";

/**
 * Sends `gs://` addresses to the cloud's files and everything else to this machine's. A cell is looked for where it says
 * itself, else where its input folder lies; what is taken over, where it goes.
 */
export function filesByScheme({ local, gcs }: { readonly local: Files; readonly gcs: Files }): Files {
  const of = (uri: string): Files => (isBucket(uri) ? gcs : local);
  return {
    locate: (input, cell) =>
      of(isBucket(cell) || cell.startsWith("/") ? cell : (input ?? "")).locate(input, cell),
    verify: (output, attempts) => of(output).verify(output, attempts),
    // Between a disk and a bucket nothing is taken over: the job runs again.
    adopt: async (from, to, job, files) =>
      isBucket(from) === isBucket(to) && (await of(to).adopt(from, to, job, files)),
    prepare: (output) => of(output).prepare(output),
    read: (uri) => of(uri).read(uri),
    write: (uri, text) => of(uri).write(uri, text),
  };
}

const isBucket = (uri: string): boolean => uri.startsWith("gs://");
