import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import { readSettings, refuseRemote, withApp } from "../session.ts";

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly every: number;
}

export const addServe: AddCommand = (program, bind) => {
  program
    .command("serve")
    .summary("serve the API on this machine, and tick all runs")
    .description("serve the API on this machine, and tick all runs, until it is stopped")
    .option("--port <number>", "0 takes a free one", wholeNumber(0, 65_535), 8080)
    .option("--host <address>", "anything but loopback needs a token", "127.0.0.1")
    .option(
      "--token <token>",
      "what callers must present; better BIOAGENT_TOKEN, which no process list shows",
    )
    .option("--every <seconds>", "between two passes when nothing wakes it earlier", wholeNumber(1, 3600), 2)
    .addHelpText("after", example("bioagent serve --port 8080"))
    .action(bind(serve));
};

async function serve(context: Context, options: ServeOptions): Promise<number> {
  const settings = await readSettings(context);
  refuseRemote(settings, "serve");
  const config = { ...settings, allowInline: settings.allowInline ?? true };
  const http = await import("../../http/serve.ts");
  return withApp(context, { config }, async (app) => {
    const { port, host, every } = options;
    const token = options.token ?? config.token;
    const serving = await http.serve({ app, port, host, token, every: every * 1000 });
    if (context.json) context.terminal.out(`${JSON.stringify({ url: serving.url, port: serving.port })}\n`);
    else context.terminal.out(`bioagent serves ${serving.url}; Ctrl-C stops it, and runs stay as they are\n`);
    await http.untilAskedToStop(serving);
    return EXIT.done;
  });
}
