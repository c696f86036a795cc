import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { follow } from "../follow.ts";
import { chosenRun, requireStore } from "../session.ts";

interface FollowCommandOptions {
  readonly allowSkips?: boolean;
}

export const addWait: AddCommand = (program, bind) => {
  program
    .command("wait <run>")
    .summary("wait for a run's end and print its notice")
    .description(
      "wait for a run's end and print its notice; it ticks too, which is harmless beside others that do",
    )
    .option("--allow-skips", "exit 0 also when samples were skipped or failed")
    .addHelpText("after", example("bioagent wait castle-river && ./publish.sh"))
    .action(bind(wait));
};

async function wait(context: Context, reference: string, options: FollowCommandOptions): Promise<number> {
  const config = await requireStore(context, reference);
  const allowSkips = options.allowSkips === true;
  return follow(context, { mode: "wait", allowSkips, config }, chosenRun(reference));
}
