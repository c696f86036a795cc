import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Below those that systems hand out by themselves, to listeners on port 0 and to every connection that is opened. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 20;

/**
 * A port of the loopback interface that nobody listens on now, for a program that cannot be told to choose one and say which.
 * Nothing keeps it: another program may take it before it is used, but only one that asks for it by its number. Rejects where no socket can be opened.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const free = await listened(port).catch(() => null);
    if (free !== null) return free;
  }
  return listened(0);
}

/** The port that could be listened on, which nobody listens on any more. */
async function listened(wanted: number): Promise<number> {
  const server = createServer().listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
