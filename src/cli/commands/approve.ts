import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { withRun } from "../session.ts";
import { userName } from "../user.ts";

export const addApprove: AddCommand = (program, bind) => {
  program
    .command("approve <run>")
    .summary("let a run that was only planned begin")
    .description("let a run that was only planned (run --plan-only) begin")
    .addHelpText("after", example("bioagent approve castle-river && bioagent watch castle-river"))
    .action(bind(approve));
};

async function approve(context: Context, reference: string): Promise<number> {
  const change = await import("../../app/change.ts");
  return withRun(context, reference, "write", async (runId, _store, app) => {
    const run = await (app.remote?.approve(runId) ?? change.approve(app.deps, runId, userName()));
    if (context.json) printJson(context, { run_id: runId, name: run.name, status: run.status });
    else
      printLines(context, [
        `Run ${runId} may begin. It goes on with the next tick: bioagent watch ${runId}, bioagent tick, or bioagent serve`,
      ]);
    return EXIT.done;
  });
}
