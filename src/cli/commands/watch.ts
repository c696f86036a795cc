import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { follow } from "../follow.ts";
import { chosenRun } from "../session.ts";

interface WatchOptions {
  readonly allowSkips?: boolean;
}

export const addWatch: AddCommand = (program, bind) => {
  program
    .command("watch <run>")
    .description(
      "follow a run to its end, with live progress; it ticks too, which is harmless beside others that do",
    )
    .option("--allow-skips", "exit 0 also when samples were skipped or failed")
    .addHelpText("after", example("bioagent watch castle-river"))
    .action(bind(watch));
};

const watch = (context: Context, reference: string, options: WatchOptions): Promise<number> =>
  follow(context, { mode: "watch", allowSkips: options.allowSkips === true }, chosenRun(context, reference));
