import { type Assertion, no, unclear, verdict, yes } from "../assertion.ts";
import { isOk } from "../http.ts";
import { listAt, textAt } from "../json.ts";
import { MANY_TASKS, stopped, success } from "../probes/exits.ts";
import { EMULATOR, idsOf, OBSERVATION, ours, twoJobs } from "./listed.ts";
import { errorText } from "./say.ts";
/** How long lists come. */
export const LIST_PAGES: readonly Assertion[] = [
  {
    id: "list-page-size",
    question: "Is a page size kept, and is every size that BioAgent might use accepted?",
    assumption: "pageSize 1 gives one job and a token; 100, 500 and 1000 are accepted.",
    matters: [OBSERVATION, EMULATOR],
    how: "Lists with page sizes 1, 100, 500 and 1000.",
    probes: [success, stopped],
    async check(contact) {
      await twoJobs(contact);
      const sizes = [1, 100, 500, 1000];
      const answers = await Promise.all(
        sizes.map((pageSize) => contact.batch.list({ pageSize, filter: ours(contact) })),
      );
      const first = answers[0]!;
      const refused = sizes.filter((_, index) => !isOk(answers[index]!));
      const kept = idsOf(first).length === 1 && textAt(first.body, "nextPageToken") !== "";
      const saw =
        refused.length > 0
          ? `refused: ${refused.join(", ")}`
          : `pageSize 1 gave ${idsOf(first).length} and ${kept ? "a" : "no"} token`;
      return verdict(refused.length === 0 && kept, saw, answers);
    },
  },
  {
    id: "list-page-largest",
    question: "How many jobs does a page have at most?",
    assumption:
      "A larger page size than the most is cut down silently (to 1000), never refused; nextPageToken tells of the rest.",
    matters: [OBSERVATION, EMULATOR],
    how: "A list of the whole project with pageSize 10000.",
    probes: [success, stopped],
    async check(contact) {
      await twoJobs(contact);
      const { batch } = contact;
      const answer = await batch.list({ pageSize: 10_000 });
      const count = idsOf(answer).length;
      const rest = textAt(answer.body, "nextPageToken")
        ? "and more to come"
        : "and no more; the most was not reached";
      const evidence = { ...answer, body: `(${count} jobs)` };
      return isOk(answer)
        ? yes(`${count} jobs on the page, ${rest}`, evidence)
        : no(`refused: ${errorText(answer)}`, answer);
    },
  },
  {
    id: "list-page-mismatch",
    question: "Is a page token refused when the page size is another one?",
    assumption: "400 INVALID_ARGUMENT that names the page size; with the same size the token goes on.",
    matters: [OBSERVATION, EMULATOR],
    how: "The token of a page of one job, asked again with the page size 2, then with 1.",
    probes: [success, stopped],
    async check(contact) {
      await twoJobs(contact);
      const filter = ours(contact);
      const first = await contact.batch.list({ pageSize: 1, filter });
      const pageToken = textAt(first.body, "nextPageToken");
      if (!pageToken) return unclear("there was no token", first);
      const other = await contact.batch.list({ pageSize: 2, filter, pageToken });
      const same = await contact.batch.list({ pageSize: 1, filter, pageToken });
      const goesOn = isOk(same) && idsOf(same)[0] !== idsOf(first)[0];
      const saw = `size 2: ${isOk(other) ? "accepted" : errorText(other)}; size 1: ${goesOn ? "goes on" : "does not go on"}`;
      return verdict(other.status === 400 && goesOn, saw, [first, other, same]);
    },
  },
  {
    id: "tasks-page-default",
    question: "How many tasks does a list have when no page size is given?",
    assumption: "500 and a token; the rest follows.",
    matters: ["src/executors/gcp_batch: tasks of failed jobs", EMULATOR],
    how: `The tasks of a job of ${MANY_TASKS}, without a page size.`,
    probes: [stopped],
    async check(contact) {
      const { id, trouble } = await contact.lab.outcome(stopped);
      if (trouble) return unclear(trouble);
      const answer = await contact.batch.tasks(id);
      const count = listAt(answer.body, "tasks").length;
      const token = textAt(answer.body, "nextPageToken");
      const rest = token ? await contact.batch.tasks(id, { pageSize: 500, pageToken: token }) : null;
      const more = rest ? listAt(rest.body, "tasks").length : 0;
      const evidence = {
        first: { ...answer, body: `(${count} tasks)` },
        rest: rest && { ...rest, body: `(${more} tasks)` },
      };
      return verdict(
        count === 500 && count + more === MANY_TASKS,
        `${count} tasks, then ${more} with the token and size 500`,
        evidence,
      );
    },
  },
];
