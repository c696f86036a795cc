import type { PipelineInput } from "../../../src/core/pipeline.ts";

type StepInput = PipelineInput["steps"][number];

/** What a script may need that makes a file for its sample: small, and quick to publish. */
const SMALL = { cpu: 0.5, memory: "64MiB" };

/** One step for each sample, `work`, that makes one file. */
export const workPipeline = (
  script = 'printf x > "$OUTPUT_DIR/$SAMPLE.txt"',
  step: Partial<StepInput> = {},
): PipelineInput => ({
  pipeline: "bad_day",
  steps: [{ id: "work", script, resources: SMALL, outputs: ["{sample}.txt"], ...step }],
});

/** As `work`, but it first waits until there is a file at `gate`, seen from the host. */
export const gatedPipeline = (gate: string, step: Partial<StepInput> = {}): PipelineInput =>
  workPipeline(`until [ -e '${gate}' ]; do sleep 0.05; done\nprintf x > "$OUTPUT_DIR/$SAMPLE.txt"`, step);

export const onSpot = { ...SMALL, spot: true };
export const SMALL_RESOURCES = SMALL;
