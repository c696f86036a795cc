import { resolve } from "node:path";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { readSettings, withStore } from "../session.ts";

export const addExport: AddCommand = (program, bind) => {
  program
    .command("export [runs...]")
    .summary("write the ledger again from the store")
    .description("write the ledger again from the store: run documents, manifests, memory.md")
    .option("--to <dir>", "write everything there, and leave the output folders alone")
    .addHelpText("after", example("bioagent export --to backup"))
    .action(bind(exportRuns));
};

async function exportRuns(
  context: Context,
  references: readonly string[],
  options: { readonly to?: string },
): Promise<number> {
  const { ledger } = await readSettings(context);
  const to = options.to === undefined ? undefined : resolve(context.cwd, options.to);
  const [{ exportLedger }, { findRun }] = await Promise.all([
    import("../../ledger/export-ledger.ts"),
    import("../../app/change.ts"),
  ]);
  return withStore(
    context,
    "write",
    async (store, { deps }) => {
      const ids: string[] = [];
      for (const reference of references) ids.push(await findRun(deps, reference));
      const files = {
        write: (uri: string, text: string) => deps.files.write(uri, text),
        // An export only writes; the ledger is never read back as truth.
        read: async () => null,
      };
      const done = await exportLedger({
        files,
        ledger,
        store,
        runs: ids,
        ...(to === undefined ? {} : { to }),
      });
      if (context.json) printJson(context, done);
      else context.terminal.out(`${done.runs} runs written to ${to ?? ledger}\n`);
      for (const warning of done.warnings) context.terminal.err(`bioagent: ${warning}\n`);
      return done.warnings.length > 0 ? EXIT.failed : EXIT.done;
    },
    (message) => {
      throw new Error(message);
    },
  );
}
