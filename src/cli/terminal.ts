/** Where a command writes. Nothing but results goes to `out`; everything about them goes to `err`. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Somebody looks at `out`, and it can be drawn on. */
  readonly interactive: boolean;
  /** Of `out`; 80 x 24 where nothing is known. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly onResize: (listener: () => void) => () => void;
}

/** This process's own. A reader that goes away (`| head -1`) is no error: what is left is not written. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  return {
    out: quietWriter(stdout),
    err: quietWriter(stderr),
    interactive: stdout.isTTY === true,
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    onResize(listener) {
      stdout.on("resize", listener);
      return () => stdout.off("resize", listener);
    },
  };
}

function quietWriter(stream: NodeJS.WriteStream): (text: string) => void {
  let gone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") throw error;
  });
  return (text) => {
    if (!gone) stream.write(text);
  };
}
