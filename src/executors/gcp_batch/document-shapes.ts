import { z } from "zod";

/** Documents nest about eight levels; what lies deeper is not ours. */
const DEEPEST = 12;

/** Proto field names come as `status_events` or `statusEvents`: one spelling from here on. */
export function camelCase(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) return null;
  if (Array.isArray(value)) return value.map((item) => camelCase(item, depth + 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      camelCase(item, depth + 1),
    ]),
  );
}

/** A field that is absent or misspelt says nothing; it never makes the rest unreadable. */
const loose = <T extends z.ZodType>(schema: T) => schema.nullish().catch(undefined);

const listOf = <T extends z.ZodType>(schema: T) =>
  z.array(z.unknown()).transform((items) =>
    items.flatMap((item): z.infer<T>[] => {
      const read = schema.safeParse(item);
      return read.success ? [read.data] : [];
    }),
  );

/** An int64 is a string in JSON, and a number where somebody converted it. */
const Whole = z
  .union([z.number(), z.string().regex(/^-?\d{1,18}$/)])
  .transform(Number)
  .refine(Number.isSafeInteger);
/** An enum: its name, or its number. */
const Word = z.union([z.string(), z.number()]);
/** `3600s`, or the client library's `{seconds, nanos}`. */
const Span = z.union([
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,9})?s$/)
    .transform((text) => Number(text.slice(0, -1))),
  z.object({ seconds: Whole }).transform(({ seconds }) => seconds),
]);

export const StatusEvent = z.object({
  type: loose(z.string()),
  description: loose(z.string()),
  eventTime: z.unknown().optional(),
  taskState: loose(Word),
  taskExecution: loose(z.object({ exitCode: loose(Whole) })),
});
export type StatusEvent = z.infer<typeof StatusEvent>;

const GroupStatus = z.object({
  counts: loose(z.record(z.string(), Whole.catch(0))),
  instances: loose(listOf(z.object({ provisioningModel: loose(Word), machineType: loose(z.string()) }))),
});

export const Status = z.object({
  state: loose(Word),
  statusEvents: loose(listOf(StatusEvent)),
  runDuration: loose(Span),
  taskGroups: loose(z.record(z.string(), GroupStatus.catch({}))),
});
export type Status = z.infer<typeof Status>;

export const Task = z.object({ name: loose(z.string()), status: loose(Status) });
export type Task = z.infer<typeof Task>;

const Environment = z.object({ variables: loose(z.record(z.string(), z.string())) });
const TaskSpec = z.object({
  computeResource: loose(
    z.object({ cpuMilli: loose(Whole), memoryMib: loose(Whole), bootDiskMib: loose(Whole) }),
  ),
  maxRunDuration: loose(Span),
  environment: loose(Environment),
  runnables: loose(listOf(z.object({ container: z.unknown().optional(), environment: loose(Environment) }))),
  volumes: loose(
    listOf(
      z.object({ gcs: loose(z.object({ remotePath: loose(z.string()) })), mountPath: loose(z.string()) }),
    ),
  ),
});
const Policy = z.object({
  machineType: loose(z.string()),
  provisioningModel: loose(Word),
  bootDisk: loose(z.object({ sizeGb: loose(Whole) })),
});

export const Job = z.object({
  name: loose(z.string()),
  uid: loose(z.string()),
  labels: loose(z.record(z.string(), z.string())),
  status: loose(Status),
  createTime: z.unknown().optional(),
  updateTime: z.unknown().optional(),
  taskGroups: loose(listOf(z.object({ taskSpec: loose(TaskSpec) }))),
  allocationPolicy: loose(
    z.object({
      instances: loose(listOf(z.object({ policy: loose(Policy) }))),
      location: loose(z.object({ allowedLocations: loose(listOf(z.string())) })),
    }),
  ),
});
export type Job = z.infer<typeof Job>;

export const ErrorBody = z.object({
  code: loose(Whole),
  status: loose(z.string()),
  message: loose(z.string()),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

export const Operation = z.object({
  name: loose(z.string()),
  metadata: loose(z.object({ verb: loose(z.string()), target: loose(z.string()) })),
  done: loose(z.boolean()),
  error: loose(ErrorBody),
});
export type Operation = z.infer<typeof Operation>;

/** The attributes of a Pub/Sub message: all that is certain about it. */
export const Attributes = z.object({
  Type: loose(z.string()),
  JobName: loose(z.string()),
  JobUID: loose(z.string()),
  NewJobState: loose(Word),
  NewTaskState: loose(Word),
});
export type Attributes = z.infer<typeof Attributes>;
