import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * A port of the loopback interface that nobody listens on now, for a program that cannot be told to choose one and say which.
 * Nothing keeps it: another program may take it before it is used. Rejects where no socket can be opened.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
