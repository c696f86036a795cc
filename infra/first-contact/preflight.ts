import type { Assertion } from "./assertion.ts";
import type { Fields } from "./batch-rest.ts";
import type { Services } from "./contact.ts";
import { ContactError } from "./contact-error.ts";
import { type Answer, isOk } from "./http.ts";
import { dig, listAt, short, textAt } from "./json.ts";
import { type ContactSettings, JOB_PREFIX } from "./settings.ts";

const BASE_PERMISSIONS = [
  "batch.jobs.create",
  "batch.jobs.get",
  "batch.jobs.list",
  "batch.jobs.delete",
  "batch.tasks.list",
];

export interface Ground {
  /** What the caller may not do, of all that assertions need; null when it could not be asked. */
  readonly missing: ReadonlySet<string> | null;
}

/** Whether it can begin at all: credentials, API, billing, region, bucket, permissions. What is wrong is told once, with its remedy. */
export async function checkGround(
  settings: ContactSettings,
  { http, batch, storage }: Services,
  assertions: readonly Assertion[],
): Promise<Ground> {
  const { project, region } = settings;
  refuse(await batch.ask(`/v1/projects/${project}/locations/${region}`), `Batch in ${region}`, project);
  refuse(await batch.list({ pageSize: 1 }), "the list of jobs", project);
  if (storage !== null) refuse(await storage.bucket(), `the bucket ${settings.bucket}`, project);
  const base = settings.endpoints.projects;
  if (base === null) return { missing: null };
  const permissions = [
    ...new Set([...BASE_PERMISSIONS, ...assertions.flatMap((one) => one.permissions ?? [])]),
  ];
  const answer = await http({
    base,
    method: "POST",
    path: `/v1/projects/${project}:testIamPermissions`,
    body: { permissions },
  });
  if (!isOk(answer)) return { missing: null };
  const granted = new Set(listAt(answer.body, "permissions"));
  const missing = new Set(permissions.filter((permission) => !granted.has(permission)));
  const basic = BASE_PERMISSIONS.filter((permission) => missing.has(permission));
  if (basic.length > 0)
    throw new ContactError(
      `${project} does not let you do this: ${basic.join(", ")} are missing. Ask for roles/batch.jobsEditor and roles/iam.serviceAccountUser on the job account.`,
    );
  return { missing };
}

/** Whether a job may be created: else every probe would be refused for the same reason, which is better told once. */
export async function checkCreation({ batch }: Services, job: Fields, project: string): Promise<void> {
  const id = `${JOB_PREFIX}${batch.runId}-ground`;
  refuse(await batch.create(id, job), "the creation of a job", project);
  await batch.remove(id);
}

/** Throws what a person can do something with, unless the answer is a good one. */
function refuse(answer: Answer, what: string, project: string): void {
  if (isOk(answer)) return;
  const message = short(textAt(answer.body, "error.message") || `HTTP ${answer.status}`, 300);
  throw new ContactError(`${what} was refused in ${project}: ${message} ${remedyOf(answer, project)}`.trim());
}

function remedyOf(answer: Answer, project: string): string {
  const text = JSON.stringify(answer.body ?? "");
  const reasons = listAt(answer.body, "error.details").map((detail) => dig(detail, "reason"));
  if (answer.status === 401) return "Run: gcloud auth application-default login";
  if (reasons.includes("SERVICE_DISABLED") || /has not been used in project|it is disabled/.test(text))
    return `Run: gcloud services enable batch.googleapis.com compute.googleapis.com logging.googleapis.com pubsub.googleapis.com --project ${project}`;
  if (/quota project/i.test(text)) return `Run: gcloud auth application-default set-quota-project ${project}`;
  if (reasons.includes("BILLING_DISABLED") || /billing/i.test(text))
    return `Link a billing account: gcloud billing projects link ${project} --billing-account ACCOUNT`;
  if (/service ?account|actAs/i.test(text))
    return "Ask for roles/iam.serviceAccountUser on the account that jobs run as, or name another with --service-account.";
  if (answer.status === 403)
    return "Ask for roles/batch.jobsEditor, and roles/storage.objectAdmin on the bucket.";
  return answer.status === 404 ? "Look at the spelling of the project, the region and the bucket." : "";
}
