import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { eventsAfter } from "../follow.ts";
import { eventLine } from "../render/event-line.ts";
import { withRun } from "../session.ts";

export const addEvents: AddCommand = (program, bind) => {
  program
    .command("events <run>")
    .summary("print what happened in a run, and why")
    .description("print what happened in a run, with the reason of every decision (times are UTC)")
    .option("--job <key>", "only of this job")
    .addHelpText("after", example("bioagent events castle-river --job align-sample02"))
    .action(bind(events));
};

async function events(context: Context, reference: string, options: { job?: string }): Promise<number> {
  return withRun(context, reference, "read", async (runId, store) => {
    const all = await eventsAfter(store, runId, -1);
    const found = options.job === undefined ? all : all.filter((event) => event.job === options.job);
    if (context.json) printJson(context, { events: found });
    else
      printLines(
        context,
        found.map((event) => eventLine(event, context.paint)),
      );
    return EXIT.done;
  });
}
