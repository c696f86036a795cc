import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { follow } from "../follow.ts";
import { chosenRun, requireStore } from "../session.ts";

interface FollowCommandOptions {
  readonly allowSkips?: boolean;
}

export const addWatch: AddCommand = (program, bind) => {
  program
    .command("watch <run>")
    .summary("follow a run to its end, with live progress")
    .description(
      "follow a run to its end, with live progress; it ticks too, which is harmless beside others that do",
    )
    .option("--allow-skips", "exit 0 also when samples were skipped or failed")
    .addHelpText("after", example("bioagent watch castle-river"))
    .action(bind(watch));
};

async function watch(context: Context, reference: string, options: FollowCommandOptions): Promise<number> {
  const config = await requireStore(context, reference);
  const allowSkips = options.allowSkips === true;
  return follow(context, { mode: "watch", allowSkips, config }, chosenRun(reference));
}
