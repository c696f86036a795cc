import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { follow } from "../follow.ts";
import { requireStore, type Session, withRun } from "../session.ts";
import { userName } from "../user.ts";

interface CancelOptions {
  readonly wait?: boolean;
}

export const addCancel: AddCommand = (program, bind) => {
  program
    .command("cancel <run>")
    .summary("end a run and what it runs")
    .description("end a run: what runs is stopped, and the run is cancelled when all of it has really ended")
    .option("--wait", "stay until it has, and print the notice")
    .addHelpText("after", example("bioagent cancel castle-river --wait"))
    .action(bind(cancel));
};

/** One pass is made in any case, so that what runs is told to stop now and not with somebody's next tick. */
async function cancel(context: Context, reference: string, options: CancelOptions): Promise<number> {
  const change = await import("../../app/change.ts");
  if (!options.wait)
    return withRun(context, reference, "write", (runId, _store, app) => cancelOnce(context, app, runId));
  const config = await requireStore(context, reference);
  const code = await follow(context, { mode: "wait", allowSkips: true, config }, async (app) => {
    const runId = await change.findRun(app.deps, reference);
    return app.remote?.cancel(runId) ?? change.cancel(app.deps, runId, userName());
  });
  // It ended as was asked for.
  return code === EXIT.failed ? EXIT.done : code;
}

async function cancelOnce(context: Context, app: Session, runId: string): Promise<number> {
  const change = await import("../../app/change.ts");
  const { tickRun } = await import("../../app/tick.ts");
  const here = async () => {
    const asked = await change.cancel(app.deps, runId, userName());
    const ticked = (await tickRun(app.deps, app.cache, runId)) ?? asked;
    for (const warning of await app.deps.ledger.record([ticked], app.deps.now())) app.deps.warn(warning);
    return ticked;
  };
  const run = await (app.remote?.cancel(runId) ?? here());
  if (context.json) printJson(context, { run_id: runId, name: run.name, status: run.status });
  else if (run.status === "cancelled") context.terminal.out(`Run ${runId} is cancelled.\n`);
  else
    context.terminal.out(
      `Run ${runId} is being cancelled; its end comes with the next ticks: bioagent wait ${runId}\n`,
    );
  return EXIT.done;
}
