import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { follow } from "../follow.ts";
import { chosenRun } from "../session.ts";

interface WaitOptions {
  readonly allowSkips?: boolean;
}

export const addWait: AddCommand = (program, bind) => {
  program
    .command("wait <run>")
    .description(
      "wait for a run's end and print its notice; it ticks too, which is harmless beside others that do",
    )
    .option("--allow-skips", "exit 0 also when samples were skipped or failed")
    .addHelpText("after", example("bioagent wait castle-river && ./publish.sh"))
    .action(bind(wait));
};

const wait = (context: Context, reference: string, options: WaitOptions): Promise<number> =>
  follow(context, { mode: "wait", allowSkips: options.allowSkips === true }, chosenRun(context, reference));
