import { type Assertion, no, unclear, verdict } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { isOk } from "../http.ts";
import { short, textAt } from "../json.ts";
import { stopped, success } from "../probes/exits.ts";
import { LABEL } from "../settings.ts";
import { idsOf, OBSERVATION, ours, twoJobs } from "./listed.ts";
import { errorText } from "./say.ts";

/** One list, and whether it holds what it must and nothing else. */
function filterAssertion(parts: {
  readonly id: string;
  readonly question: string;
  readonly filter: (contact: Contact, ids: readonly [string, string]) => string;
  /** Of the two jobs: SUCCEEDED the first, FAILED the second. */
  readonly expects: readonly [boolean, boolean];
}): Assertion {
  return {
    id: parts.id,
    question: parts.question,
    assumption: "It does: the list has exactly the jobs that fit.",
    matters: [OBSERVATION, "infra/batch-emulator/api/filter*.ts"],
    how: "One list with the filter, looked through for two jobs of this run.",
    probes: [success, stopped],
    async check(contact) {
      const ids = await twoJobs(contact);
      const filter = parts.filter(contact, ids);
      const answer = await contact.batch.list({ filter, pageSize: 100 });
      if (!isOk(answer)) return no(`refused: ${errorText(answer)}`, answer);
      const found = idsOf(answer);
      const asked = `${short(filter.replaceAll(contact.runId, "RUN"), 90)} gave`;
      const right = ids.every((id, index) => found.includes(id) === parts.expects[index]);
      // More jobs than a page of the project may fit a filter without our label: then only absence is certain.
      if (!right && textAt(answer.body, "nextPageToken")) return unclear(`${asked} more than a page`, answer);
      return verdict(
        right,
        `${asked} ${found.length} jobs, ${right ? "as it should" : "not those that fit"}`,
        answer,
      );
    },
  };
}

/** What lists can be filtered by. */
export const LIST_FILTERS: readonly Assertion[] = [
  filterAssertion({
    id: "list-by-label",
    question: "Does a list filter by a label?",
    filter: ours,
    expects: [true, true],
  }),
  filterAssertion({
    id: "list-by-quoted-label",
    question: "Does a list filter by a label whose key is quoted?",
    filter: ({ runId }) => `labels."${LABEL}"="${runId}"`,
    expects: [true, true],
  }),
  filterAssertion({
    id: "list-by-label-and-states",
    question: "Does a list filter by a label and one of several states, with AND, OR and parentheses?",
    filter: (contact) =>
      `${ours(contact)} AND (status.state="SUCCEEDED" OR status.state="RUNNING" OR status.state="QUEUED")`,
    expects: [true, false],
  }),
  filterAssertion({
    id: "list-by-not-state",
    question: "Does a list filter by states that are not wanted?",
    filter: (contact) => `${ours(contact)} AND status.state!="SUCCEEDED"`,
    expects: [false, true],
  }),
  filterAssertion({
    id: "list-by-name",
    question: "Does a list filter by a job's name?",
    filter: ({ batch }, [id]) => `name="${batch.parent}/jobs/${id}"`,
    expects: [true, false],
  }),
  filterAssertion({
    id: "list-by-names",
    question: "Does a list filter by several names joined by OR?",
    filter: ({ batch }, ids) => ids.map((id) => `name="${batch.parent}/jobs/${id}"`).join(" OR "),
    expects: [true, true],
  }),
  filterAssertion({
    id: "list-by-creation",
    question: "Does a list filter by createTime?",
    filter: (contact) => `${ours(contact)} AND createTime>="2024-01-01T00:00:00+00:00"`,
    expects: [true, true],
  }),
];
