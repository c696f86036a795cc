import { type AddCommand, type Context, printJson, printLines } from "../context.ts";
import { type Check, checkEverything } from "../doctor/check-everything.ts";
import type { DoctorOptions } from "../doctor/first-contact-options.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import { oneLine } from "../render/width.ts";

export const addDoctor: AddCommand = (program, bind) => {
  program
    .command("doctor")
    .summary("check what BioAgent stands on")
    .description(
      "check what BioAgent stands on: Node, store, executor, ledger, channels, clock; with --first-contact, what it assumes of Google Cloud",
    )
    .option("--first-contact <project>", "check every assumption about Google Cloud, with small jobs there")
    .option("--region <region>", "where these jobs run", "us-central1")
    .option("--bucket <name>", "a bucket to use; without it, what needs one is skipped")
    .option("--topic <topic>", "a topic to use; without it, one is made and deleted")
    .option("--service-account <email>", "the account that the jobs run as")
    .option("--network <name>", "VPC network of the machines")
    .option("--subnetwork <name>", "its subnetwork")
    .option("--mirror <prefix>", "Artifact Registry remote of quay.io")
    .option("--save <dir>", "where the answers are saved; otherwise first-contact/PROJECT-DATE")
    .option("--only <glob>", "only questions whose name fits: 'list-*'")
    .option("--minutes <number>", "what is not answered by then stays unclear", wholeNumber(1, 120), 15)
    .option("--yes", "begin without asking")
    .option("--cleanup", "delete what an earlier run left behind")
    .option("--endpoint <url>", "Batch REST of an emulator")
    .option("--storage-endpoint <url>", "Cloud Storage of an emulator")
    .option("--pubsub-endpoint <url>", "Pub/Sub of an emulator")
    .option("--logging-endpoint <url>", "Cloud Logging of an emulator; otherwise --endpoint")
    .option("--compute-endpoint <url>", "Compute Engine of an emulator")
    .addHelpText("after", example("bioagent doctor"))
    .action(bind(doctor));
};

async function doctor(context: Context, options: DoctorOptions): Promise<number> {
  if (options.firstContact !== undefined) {
    const { firstContact } = await import("../doctor/first-contact.ts");
    return firstContact(context, options);
  }
  refuseWithoutProject(options);
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

const DEFAULTED: readonly string[] = ["region", "minutes"] satisfies (keyof DoctorOptions)[];

function refuseWithoutProject(options: DoctorOptions): void {
  const [given] = Object.keys(options).filter((name) => !DEFAULTED.includes(name));
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${option} is for --first-contact PROJECT`);
}

const line = ({ paint }: Context, { ok, name, text }: Check): string =>
  `${ok ? paint("green", "✓") : paint("red", "✗")} ${name.padEnd(9)} ${oneLine(text)}`;
