import { connect, createServer, type Socket } from "node:net";

/** Between a store and the emulator: answers can be withheld, and connections cut. */
export interface CutProxy {
  readonly host: string;
  /** From now on nothing comes back, until `cut`. */
  withhold(): void;
  /** From now on nothing gets through, until `cut`. */
  hold(): void;
  /** From now on what is sent on the connections there are is kept back; later connections work. */
  delay(): void;
  /** Sends what was kept back. */
  release(): void;
  /** Breaks every connection; later ones work. */
  cut(): void;
}

export async function cutProxy(target: string): Promise<CutProxy> {
  const port = Number(target.split(":")[1]);
  const sockets = new Set<Socket>();
  let withheld = false;
  let held = false;
  const pipes = new Set<{ delayed: boolean; flush: () => void }>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    const kept: Buffer[] = [];
    const pipe = { delayed: false, flush: () => void far.write(Buffer.concat(kept.splice(0))) };
    pipes.add(pipe);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.unref();
      // A socket that was cut reports so; that is what it is for.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk: Buffer) => {
      if (pipe.delayed) kept.push(chunk);
      else if (!held) far.write(chunk);
    });
    far.on("data", (chunk) => withheld || held || near.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // It stays as long as the process: calls that a store has given up are still repeated by Google's client, and end here.
  server.unref();
  const address = server.address();
  const ownPort = typeof address === "object" && address !== null ? address.port : 0;
  return {
    host: `127.0.0.1:${ownPort}`,
    withhold: () => {
      withheld = true;
    },
    hold: () => {
      held = true;
    },
    delay: () => {
      for (const pipe of pipes) pipe.delayed = true;
    },
    release: () => {
      for (const pipe of pipes) {
        pipe.delayed = false;
        pipe.flush();
      }
    },
    cut: () => {
      withheld = false;
      held = false;
      for (const socket of sockets) socket.destroy();
    },
  };
}
