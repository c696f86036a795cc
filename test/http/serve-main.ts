/** A server in the folder that it is started in; the tests kill it. Prints its URL. */
import { environment, readConfig } from "../../src/config.ts";
import { serve, untilAskedToStop } from "../../src/http/serve.ts";
import { channelKinds, openApp } from "../../src/wire.ts";

const { variables } = environment();
const config = await readConfig({ env: variables, cwd: process.cwd(), channelKinds });
const app = await openApp(config, {
  write: (text) => console.log(text),
  warn: (text) => console.error(text),
});
const serving = await serve({ app, port: 0, every: 200 });
console.log(`listening on ${serving.url}`);
await untilAskedToStop(serving);
await app.close();
console.log("stopped");
