import { EVERY_RUN, MOST_RUNS } from "../../app/active-runs.ts";
import { isFinalRun } from "../../core/status.ts";
import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { jobsDone, statusWords } from "../render/status-words.ts";
import { withStore } from "../session.ts";

export const addTick: AddCommand = (program, bind) => {
  program
    .command("tick")
    .summary("make one pass over all active runs, and exit")
    .description("make one pass over all active runs, deliver the notices that are due, and exit; for cron")
    .addHelpText("after", example("cd /data/study && bioagent tick    # every minute, by cron"))
    .action(bind(tick));
};

const NOTICES = 200;
/** Milliseconds in which sendings begin: cron calls again after a minute. */
const TIME_TO_TELL = 50_000;
/** Longer than the pace of any channel, shorter than the pause after a refusal: that is the next tick's. Milliseconds. */
const WAIT_TO_TELL = 5000;

/** Where there is no store yet, there is nothing to do, and none is made. */
async function tick(context: Context): Promise<number> {
  const [{ tickAll }, { deliverBacklog }, { tellEndsFirst }, { tellMended }, { sleep }] = await Promise.all([
    import("../../app/tick.ts"),
    import("../../app/deliver-backlog.ts"),
    import("../../app/tell-ends-first.ts"),
    import("../../app/tell-mended.ts"),
    import("../../app/sleep.ts"),
  ]);
  return withStore(
    context,
    "write",
    async (store, { deps, cache }) => {
      const before = new Map<string, number>();
      for (const id of await store.activeRuns(EVERY_RUN, MOST_RUNS))
        before.set(id, (await store.readRun(id))?.rev ?? 0);
      const { runs, errors } = await tickAll(deps, cache, "all");
      for (const { run_id, status } of runs) if (isFinalRun(status)) await tellEndsFirst(deps, run_id);
      await tellMended(deps);
      const until = Date.parse(deps.now()) + TIME_TO_TELL;
      const telling = { limit: NOTICES, cache, until, sleep, longestWait: WAIT_TO_TELL };
      const [{ failed }] = await Promise.all([deliverBacklog(deps, telling), deps.ping()]);
      for (const notice of failed) errors.push(`notice ${notice.id} was not delivered: ${notice.error}`);
      if (context.json) {
        printJson(context, { runs: runs.map(({ run_id, status }) => ({ run_id, status })), errors });
      } else {
        const changed = runs.filter((run) => before.get(run.run_id) !== run.rev);
        printLines(
          context,
          changed.map((run) => `${run.run_id}  ${statusWords(run)}  ${jobsDone(run)} jobs done`),
        );
        for (const error of errors) context.terminal.err(`bioagent: ${error}\n`);
      }
      return errors.length > 0 ? EXIT.failed : EXIT.done;
    },
    () => {
      if (context.json) printJson(context, { runs: [], errors: [] });
      return EXIT.done;
    },
  );
}
