import type { Writable } from "node:stream";

/** A `write` for the console channel over a stream: a closed pipe rejects, and never ends the process. */
export function streamWriter(stream: Writable): (text: string) => Promise<void> {
  // Without a listener an EPIPE on stdout is an uncaught exception; the callback below reports the same error.
  stream.on("error", () => {});
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
}
