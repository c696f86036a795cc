import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { type Check, checkEverything } from "../doctor/check-everything.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { oneLine } from "../render/width.ts";

export const addDoctor: AddCommand = (program, bind) => {
  program
    .command("doctor")
    .summary("check what BioAgent stands on")
    .description("check what BioAgent stands on: Node, store, executor, ledger, channels, clock")
    .addHelpText("after", example("bioagent doctor"))
    .action(bind(doctor));
};

async function doctor(context: Context): Promise<number> {
  const checks = await checkEverything(context);
  const sound = checks.every((check) => check.ok);
  if (context.json) printJson(context, { ok: sound, checks });
  else
    printLines(
      context,
      checks.map((check) => line(context, check)),
    );
  return sound ? EXIT.done : EXIT.failed;
}

const line = ({ paint }: Context, { ok, name, text }: Check): string =>
  `${ok ? paint("green", "✓") : paint("red", "✗")} ${name.padEnd(9)} ${oneLine(text)}`;
