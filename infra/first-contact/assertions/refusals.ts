import { type Assertion, verdict } from "../assertion.ts";
import type { Fields } from "../batch-rest.ts";
import type { Contact } from "../contact.ts";
import { isOk } from "../http.ts";
import { lastPart, textAt } from "../json.ts";
import { jobOf, script } from "../probe.ts";
import { plainJob } from "./plain-job.ts";
import { answerText } from "./say.ts";

const SUBMISSION = "src/executors/gcp_batch: creating a job";
const VALIDATION = "infra/batch-emulator/validate/";

/** An assertion that a definition is refused with 400. What is accepted against expectation is deleted at once. */
function refusal(parts: {
  readonly id: string;
  readonly question: string;
  readonly assumption?: string;
  readonly jobId?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly job?: (job: Fields, contact: Contact) => Fields;
}): Assertion {
  return {
    id: parts.id,
    question: parts.question,
    assumption: parts.assumption ?? "400 INVALID_ARGUMENT, with a message that names it; nothing is created.",
    matters: [SUBMISSION, VALIDATION],
    how: "One request to create such a job.",
    async check(contact) {
      const plain = plainJob(contact);
      const id = parts.jobId ?? `bioagent-fc-${contact.runId}-${parts.id}`.slice(0, 63).replace(/-+$/, "");
      const answer = await contact.batch.create(id, parts.job?.(plain, contact) ?? plain, parts.query);
      if (isOk(answer)) await contact.batch.remove(lastPart(textAt(answer.body, "name")));
      return verdict(answer.status === 400, answerText(answer), answer);
    },
  };
}

const MIB = 1024 * 1024;

/** What a definition may not say. */
export const REFUSALS: readonly Assertion[] = [
  refusal({
    id: "create-unknown-field",
    question: "Is a field that there is not refused?",
    job: (job) => ({ ...job, bioagentNoSuchField: true }),
  }),
  refusal({
    id: "create-unknown-enum",
    question: "Is an enum value that there is not refused?",
    job: (job) => ({ ...job, logsPolicy: { destination: "NOWHERE" } }),
  }),
  refusal({
    id: "create-reserved-label",
    question: "Is a label refused that belongs to Google?",
    job: (job) => ({ ...job, labels: { "goog-bioagent": "x" } }),
  }),
  refusal({
    id: "create-predefined-label",
    question: "Is a label refused that Batch sets itself?",
    job: (job) => ({ ...job, labels: { "batch-job-id": "x" } }),
  }),
  refusal({
    id: "create-too-large",
    question: "Is a definition of more than 1 MiB refused?",
    job: (job, { site }) => {
      const variables = Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [`BIG_${index}`, "x".repeat(MIB / 10)]),
      );
      return {
        ...job,
        ...jobOf(site, { runnables: [script("true")], spec: { environment: { variables } } }),
      };
    },
  }),
  refusal({
    id: "create-bad-id",
    question: "Is an id refused that does not fit `^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`?",
    jobId: "BioAgent_First_Contact",
  }),
  refusal({
    id: "create-zero-request",
    question: "Is the zero UUID refused as requestId?",
    query: { requestId: "00000000-0000-0000-0000-000000000000" },
  }),
  refusal({
    id: "create-private-without-network",
    question: "Is noExternalIpAddress refused without a network and a subnetwork?",
    job: (job) => ({
      ...job,
      allocationPolicy: {
        ...(job["allocationPolicy"] as Fields),
        network: { networkInterfaces: [{ noExternalIpAddress: true }] },
      },
    }),
  }),
  refusal({
    id: "create-other-region",
    question: "Is a zone of another region refused?",
    assumption:
      "400 since 2026-07-31 in new projects, in all from 2027-06-30: jobs stay in the region they are created in.",
    job: (job, { settings }) => {
      const other = settings.region === "europe-west4" ? "us-central1" : "europe-west4";
      return {
        ...job,
        allocationPolicy: {
          ...(job["allocationPolicy"] as Fields),
          location: { allowedLocations: [`regions/${other}`] },
        },
      };
    },
  }),
];
