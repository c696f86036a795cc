import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { renderOverview } from "../render/overview.ts";
import { withRun } from "../session.ts";

export const addShow: AddCommand = (program, bind) => {
  program
    .command("show <run>")
    .summary("show how a run stands, step by step")
    .description("show a run: how it stands, step by step; with --json its whole document")
    .addHelpText("after", example("bioagent show castle-river --json"))
    .action(bind(show));
};

async function show(context: Context, reference: string): Promise<number> {
  const { renderRun } = await import("../../ledger/run-document.ts");
  return withRun(context, reference, "read", async (runId, store) => {
    const { run, jobs } = (await store.load(runId, 0, "whole"))!;
    if (context.json) printJson(context, renderRun(run, jobs));
    else printLines(context, renderOverview(run, jobs, { ...context, now: new Date().toISOString() }));
    return EXIT.done;
  });
}
