/** The few interfaces that `app` needs. No vendor's type, no vendor's word stands here. */
import type { Event } from "./core/event.ts";
import type { Attempt, Handle, Job, LoadedJob, OutputFile } from "./core/job.ts";
import type { Notice, NoticeFacts, NoticeStatus } from "./core/notice.ts";
import type { Observation, Verification } from "./core/observation.ts";
import type { Output } from "./core/pipeline.ts";
import type { Largest } from "./core/resources.ts";
import type { NoticeEvent, Run } from "./core/run.ts";
import type { ExecutorKind, FailureClass, JobStatus, RunStatus, WaitingReason } from "./core/status.ts";

/** Now, UTC ISO 8601 with `Z`. */
export type Clock = () => string;

// ── Store ────────────────────────────────────────────────────────────────────────────────────────

/** The rows of a sample sheet, in pages of at most 500. */
export interface SheetPage {
  readonly page: number;
  readonly samples: readonly {
    readonly sample: string;
    readonly rows: readonly Readonly<Record<string, string>>[];
  }[];
}

export interface StartRequest {
  /** The day the counter counts, `2026-02-27`. */
  readonly day: string;
  readonly pipeline: string;
  /** The slug the user asked for, or null: then the first free one of `suggestions`. */
  readonly name: string | null;
  readonly suggestions: readonly string[];
  /** `Idempotency-Key`, with a hash of the request, so that another request under one key is refused. */
  readonly request: { readonly key: string; readonly hash: string; readonly expires_at: string } | null;
  /** The documents of the run, once its id and name are known. Called again when the commit must be tried again. */
  readonly documents: (
    runId: string,
    name: string,
  ) => { run: Run; sheet: readonly SheetPage[]; events: readonly Event[]; notices: readonly Notice[] };
}

export type StartResult =
  | { readonly kind: "created"; readonly run: Run }
  /** This request key has already started this run. */
  | { readonly kind: "repeated"; readonly run: Run }
  | { readonly kind: "name_taken"; readonly by: string }
  /** The same key with another request. */
  | { readonly kind: "key_reused"; readonly by: string };

/** One atomic, conditional write: everything, or nothing and `conflict`. At most 400 documents and 3 MiB. */
export interface Commit {
  /** The run as it shall be; its `rev` is the one that was read, the store raises it by one. */
  readonly run: Run;
  /** Whole jobs; the store sets their `rev` to the run's new one. */
  readonly jobs: readonly Job[];
  readonly events: readonly Event[];
  readonly notices: readonly Notice[];
}

export interface RunQuery {
  readonly status?: readonly RunStatus[] | undefined;
  readonly pipeline?: string | undefined;
  readonly executor?: ExecutorKind | undefined;
  /** Created at or after, before: instants. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Found in id, name or description, whatever the case. */
  readonly text?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface JobQuery {
  readonly run_id?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly step?: string | undefined;
  readonly sample?: string | undefined;
  /** Any attempt's. */
  readonly class?: FailureClass | undefined;
  readonly exit_code?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back to go on; null at the end. */
  readonly cursor: string | null;
}

export interface NoticeQuery {
  readonly run_id?: string | undefined;
  readonly status?: readonly NoticeStatus[] | undefined;
  readonly channel?: string | undefined;
  /** Only those that may be taken at this instant: pending and due, or sending with a claim that ran out. */
  readonly due_at?: string | undefined;
  readonly limit: number;
  /** The newest first instead of the oldest; not with `due_at`. */
  readonly newest?: boolean | undefined;
}

/** What all instances share about a channel: its pace, and whether it is broken. */
export interface ChannelState {
  readonly channel: string;
  /** Nothing is sent before this instant (a provider's Retry-After, or our own pace). */
  readonly not_before: string | null;
  /** The first turn that no waiting notice has been given yet. */
  readonly next_turn?: string | null | undefined;
  /** Permanently broken, and why; cleared by a `notify test` that arrives, or by a bridge that has told something. */
  readonly disabled: { readonly reason: string; readonly since: string } | null;
  readonly rev: number;
}

/** What a channel has told a recipient of a run, and what it keeps to tell more. One document for a run and channel. */
export interface Thread {
  readonly run_id: string;
  readonly channel: string;
  readonly recipients: Readonly<Record<string, RecipientThread>>;
  readonly rev: number;
}

export interface RecipientThread {
  /** The last round whose end was told; 0: none. */
  readonly ended_round: number;
  /** When jobs that were skipped or retried were last told. */
  readonly progress_at: string | null;
  /** The channel's own: a message's id, a pull request's number. */
  readonly kept: Kept;
}

/** Small values under names of the channel's choice. */
export type Kept = Readonly<Record<string, string | number | boolean | null>>;

/** Runs, jobs, events and notices. One conformance suite, `test/contracts/run-store.ts`, holds every implementation to this. */
export interface RunStore {
  /** Identifies this store for ever: attempt ids are derived from it. */
  uid(): Promise<string>;
  start(request: StartRequest): Promise<StartResult>;
  /** The run, and the jobs whose `rev` is greater than `since` (0: all), as projections unless `whole`. Null: no such run. */
  load(
    runId: string,
    since: number,
    form: "heads" | "whole",
  ): Promise<{ run: Run; jobs: LoadedJob[] } | null>;
  readRun(runId: string): Promise<Run | null>;
  readJobs(runId: string, keys: readonly string[]): Promise<Job[]>;
  readSheet(runId: string, page: number): Promise<SheetPage | null>;
  /** The run's new `rev`, or `conflict` when the run's rev is not the one in `commit.run.rev` any more. */
  commit(
    commit: Commit,
  ): Promise<{ readonly kind: "done"; readonly rev: number } | { readonly kind: "conflict" }>;
  /** The ids that a person may have meant: the exact id or name alone, else every run with such a prefix (at most 10). */
  resolve(reference: string): Promise<string[]>;
  /** Newest first. */
  queryRuns(query: RunQuery): Promise<Page<Run>>;
  queryJobs(query: JobQuery): Promise<Page<Job>>;
  /** Runs that are not final and whose `next_poll_at` has come, the most overdue first. */
  activeRuns(now: string, limit: number): Promise<string[]>;
  /** In order of `seq`, those greater than `after`. */
  readEvents(runId: string, after: number, limit: number): Promise<Event[]>;
  queryNotices(query: NoticeQuery): Promise<Notice[]>;
  readNotice(id: string): Promise<Notice | null>;
  /** Adds a notice that belongs to no commit of its run (told by another channel); false when there is one of that id. */
  addNotice(notice: Notice): Promise<boolean>;
  /** Replaces a notice whose `rev` is still the one given; the new one, or null when somebody was faster. */
  updateNotice(notice: Notice): Promise<Notice | null>;
  readChannel(channel: string): Promise<ChannelState>;
  /** Replaces the state whose `rev` is still the one given; false when somebody was faster. */
  updateChannel(state: ChannelState): Promise<boolean>;
  /** Of a run and channel that nobody has written of yet: no recipients, at revision 0. */
  readThread(runId: string, channel: string): Promise<Thread>;
  /** Replaces the thread whose `rev` is still the one given; false when somebody was faster. */
  updateThread(thread: Thread): Promise<boolean>;
  close(): Promise<void>;
}

// ── Executor ─────────────────────────────────────────────────────────────────────────────────────

/** Which attempt is meant, wherever an executor is asked about one. */
export interface AttemptRef {
  readonly run_id: string;
  readonly job: string;
  /** Where in the cloud the run wants its jobs; absent or null: the executor's own. */
  readonly region?: string | null;
  readonly attempt: Attempt;
}

/** Everything an executor needs to run one attempt. Values reach the script as environment only. */
export interface Submission extends AttemptRef {
  readonly step: string;
  readonly sample: string | null;
  readonly script: string;
  /** Interpreter and its arguments, split; the script's file comes last. */
  readonly shell: readonly string[];
  readonly image: string | null;
  /** Names match `^[A-Z][A-Z0-9_]*$`. WORK_DIR, OUTPUT_DIR, INPUT_DIR, RESULTS_DIR and files' paths are added by the executor. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files the script finds under these variables, with their text: `SAMPLES_FILE`, `SHEET`. */
  readonly files: Readonly<Record<string, string>>;
  /** With `{sample}` filled in. */
  readonly outputs: readonly Output[];
  readonly metrics: readonly string[];
  readonly input: string | null;
  /** The run's output folder, ending in `/`. */
  readonly output: string;
}

export type SubmitResult =
  | { readonly attempt: string; readonly kind: "submitted"; readonly handle: Handle | null }
  /** Not now: no slot, a quota, a service that is away. It stays `recorded` and is tried again. */
  | {
      readonly attempt: string;
      readonly kind: "later";
      readonly waiting: { reason: WaitingReason; detail: string } | null;
    }
  /** Refused for good, in the provider's words. */
  | {
      readonly attempt: string;
      readonly kind: "refused";
      readonly class: FailureClass;
      readonly text: string;
    };

/** What one executor can take. */
export interface Capacity {
  /** The largest attempt that it can ever run. */
  readonly largest: Largest;
  /** What is free now; null when it queues by itself and has no bound of its own. */
  readonly free: { readonly cpu: number; readonly memory: number } | null;
  /** What people should know of how it runs jobs, said once on the run ("memory limits are only sampled"). */
  readonly notes: readonly string[];
}

export interface LogRequest {
  /** The last so many lines; null: all that is kept. */
  readonly lines: number | null;
}

/** Where attempts run. Always many at a time, a result for each. `test/contracts/executor.ts` holds every one to this. */
export interface Executor {
  readonly kind: ExecutorKind;
  capacity(): Promise<Capacity>;
  /** Submitting the same attempt again is harmless: one execution, and the same handle. */
  submit(submissions: readonly Submission[]): Promise<SubmitResult[]>;
  /**
   * One observation for each attempt; `status: null` where it cannot be told now. Throws only when nothing could be asked at
   * all. Asked for the runs of one tick one after the other, it may answer all of them from one listing a few seconds old.
   */
  observe(attempts: readonly AttemptRef[]): Promise<Observation[]>;
  /** Asks for the end of attempts, even of one that never came to be: afterwards it never starts. Harmless when repeated. */
  cancel(attempts: readonly AttemptRef[]): Promise<void>;
  /** The log's text, or null when there is none (any more). */
  log(attempt: AttemptRef, request: LogRequest): Promise<string | null>;
  /** The attempts' ends are committed: what was kept for the monitor may go. Logs stay. */
  forget(attempts: readonly AttemptRef[]): Promise<void>;
  /** Resolves when something may have changed, or when the signal aborts: wakes a waiting monitor early. */
  changed(signal: AbortSignal): Promise<void>;
  /** Somebody says that this attempt has changed: what was looked up before is not believed by the next `observe`. */
  hint?(attempt: AttemptRef): void;
  /** Ends what this store's attempts left running there and that none of `live`, the ids of all live attempts, is; their ids. */
  sweep?(live: ReadonlySet<string>): Promise<readonly string[]>;
}

// ── Files ────────────────────────────────────────────────────────────────────────────────────────

/** A file as it lies there; `generation` changes when its content does (a bucket's generation, or size and mtime). */
export interface FileFact {
  readonly path: string;
  readonly size: number;
  readonly generation: string;
}

/** Inputs, outputs and manifests: a directory or a bucket. */
export interface Files {
  /** The file that a sheet's cell names, seen from the input folder, or null when it names none. */
  locate(input: string | null, cell: string): Promise<FileFact | null>;
  /** The manifests of these attempts, and the sizes of the files that they name: one listing, however many. */
  verify(
    output: string,
    attempts: readonly {
      readonly job: string;
      readonly attempt: number;
      readonly id: string;
      readonly metrics: readonly string[];
    }[],
  ): Promise<Map<string, Verification>>;
  /** Takes a job's verified outputs over from another run's folder, and writes a manifest for them. False when they are not all there. */
  adopt(from: string, to: string, job: string, files: readonly OutputFile[]): Promise<boolean>;
  /** Makes the run's output folder, or says why it cannot be written (a sentence), before anything is spent. */
  prepare(output: string): Promise<string | null>;
  /** The text file as it is now, or null when there is none. Larger files than 16 MiB are refused by an error. */
  read(uri: string): Promise<string | null>;
  /** Replaces the text file at once, never half; skipped when it already says so. */
  write(uri: string, text: string): Promise<void>;
}

// ── Channels ─────────────────────────────────────────────────────────────────────────────────────

/** The outcome of one sending. Only `ambiguous` may have arrived although it is not known. */
export type Delivery = Outcome & {
  /** What the channel keeps of this run and recipient from now on, beside what it kept before; whatever the outcome. */
  readonly keep?: Kept | undefined;
};

type Outcome =
  | { readonly kind: "delivered" }
  /** Refused, not arrived: worth another try, after `after_seconds`; until then nothing else is sent on the channel, unless it is `alone`. */
  | {
      readonly kind: "rejected";
      readonly reason: string;
      readonly after_seconds: number | null;
      /** The pause is a schedule of this notice's own, and no word of the provider's. */
      readonly alone?: boolean | undefined;
    }
  /** Refused for ever; `disable` when the whole channel is broken, not only this message. */
  | { readonly kind: "permanent"; readonly reason: string; readonly disable: boolean }
  | { readonly kind: "ambiguous"; readonly reason: string };

/** What a channel is given to say. */
export interface Message {
  readonly notice_id: string;
  readonly event: NoticeEvent;
  readonly facts: NoticeFacts;
  /** An earlier sending of it may have arrived. */
  readonly possible_repeat: boolean;
  /** Sent by `notify test`. */
  readonly test: boolean;
  /** Sendings begun, this one included. */
  readonly tries: number;
  /** When what it tells happened: an instant. */
  readonly created_at: string;
  /** The run's round: a retried run tells its start and end again. */
  readonly round: number;
  /** What the channel has kept of this run and recipient. */
  readonly kept: Kept;
  /** The run as it is now, for a channel that shows it; null when it is gone, or for a test message. Reads the store. */
  view(): Promise<RunView | null>;
}

export interface RunView {
  readonly run: Run;
  /** In pipeline order. Without attempts' logs; with outputs and metrics once the run has ended. */
  readonly jobs: readonly Job[];
}

/** A way to tell people. It never throws, never hangs longer than its time limit, and lets no secret into a reason. */
export interface Channel {
  readonly name: string;
  readonly kind: string;
  /** Whom it reaches, one notice each; a webhook has one, named after the channel. */
  readonly recipients: readonly string[];
  /** Smallest time between two messages, milliseconds. */
  readonly paceMilliseconds: number;
  /**
   * Shows each run that it is subscribed to as it goes: hears of its start, its end, and at most once a minute of changes
   * (`run.progress`), whatever events the subscription names.
   */
  readonly follows?: boolean | undefined;
  /** Its notices are fetched and told by a bridge elsewhere (`bioagent bridge`); `deliver` is never called. */
  readonly pulled?: boolean | undefined;
  /** The channel that is told what this one could not be. */
  readonly fallback?: string | undefined;
  /** Why no sending can succeed, known before the first: `has a refused url: it must be https`. */
  readonly refused?: string | undefined;
  deliver(message: Message, recipient: string): Promise<Delivery>;
  /** How it would tell the message, without a word to anybody. */
  preview?(message: Message, recipient: string): Promise<Preview>;
}

/** A message as its channel would send it; `html` is a whole document, `json` what is posted. */
export interface Preview {
  readonly form: "text" | "markdown" | "html" | "json";
  readonly text: string;
  /** What stands above it: an e-mail's subject, a pull request's title. */
  readonly title?: string | undefined;
}

// ── The rest ─────────────────────────────────────────────────────────────────────────────────────

/** Searches the user's own patterns (RE2, linear time); core never does. */
export interface Patterns {
  /** Those of `patterns` that occur in `text`. */
  matching(patterns: readonly string[], text: string): string[];
}

/** SHA-256, hexadecimal. */
export type Hash = (text: string) => string;

/** One base for what an adapter cannot do: never a secret, always what was attempted and what to do next. */
export class AdapterError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(message: string, options: { code: string; retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "AdapterError";
    this.code = options.code;
    this.retryable = options.retryable;
  }
}
