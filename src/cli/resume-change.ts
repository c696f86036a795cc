import type { StartInput } from "../app/start.ts";
import type { Config } from "../config.ts";
import { withReferences, withResources } from "../core/pipeline.ts";
import type { Run } from "../core/run.ts";
import { bucketText } from "./bucket-text.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";
import { readParams } from "./input/pairs.ts";
import { acceptPipeline, openPipelineFile } from "./input/read-pipeline-file.ts";
import { readSettingsOptions } from "./input/settings.ts";
import { userName } from "./user.ts";

export type ResumeChange = Partial<Pick<StartInput, "pipeline" | "params" | "name" | "requestedBy">>;

/** What a resumed run shall have otherwise than the one before it. */
export async function readResumeChange(
  context: Context,
  config: Config,
  run: Run,
  file: string | undefined,
  options: { readonly param?: readonly string[]; readonly set?: readonly string[]; readonly name?: string },
): Promise<ResumeChange> {
  const places = {
    ...{ cwd: context.cwd, folder: config.pipelines },
    bucketText: bucketText(context, config),
  };
  const read = file === undefined ? run.pipeline_spec : acceptPipeline(await openPipelineFile(file, places));
  const pipeline = withReferences(read, config.references);
  const params = readParams(options.param ?? [], pipeline.params);
  const { set, problems } = readSettingsOptions(
    options.set ?? [],
    pipeline.steps.map((step) => step.id),
  );
  const all = [...params.problems, ...problems];
  if (all.length > 0) throw new UsageError("the command line is not valid", all);
  return {
    pipeline: withResources(pipeline, set),
    params: { ...keptParams(run, pipeline.params), ...params.values },
    name: options.name ?? null,
    requestedBy: userName(),
  };
}

/** What the earlier run was given beyond its pipeline's own values, as far as the new pipeline still declares it. */
function keptParams(
  { config, pipeline_spec }: Run,
  declared: Run["config"]["params"],
): Run["config"]["params"] {
  return Object.fromEntries(
    Object.entries(config.params).filter(
      ([name, value]) => name in declared && value !== pipeline_spec.params[name],
    ),
  );
}
