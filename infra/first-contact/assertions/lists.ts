import { type Assertion, unclear, verdict } from "../assertion.ts";
import { isOk } from "../http.ts";
import { listAt, namesAt, textAt } from "../json.ts";
import { stopped, success } from "../probes/exits.ts";
import { EMULATOR, idsOf, OBSERVATION, ours, twoJobs } from "./listed.ts";
import { errorText } from "./say.ts";
/** What else lists do. */
export const LISTS: readonly Assertion[] = [
  {
    id: "list-order",
    question: "Are lists ordered as asked, and other orders refused?",
    assumption: 'orderBy takes "name", "create_time", each with " desc"; anything else is refused.',
    matters: [OBSERVATION, EMULATOR],
    how: "Three lists of this run's jobs, one with an order that there is not.",
    probes: [success, stopped],
    async check(contact) {
      const [one, two] = await twoJobs(contact);
      const filter = ours(contact);
      const list = (orderBy: string) => contact.batch.list({ pageSize: 100, filter, orderBy });
      const [up, down, wrong] = await Promise.all([list("name"), list("create_time desc"), list("uid")]);
      const [low, high] = [one, two].sort();
      const ids = idsOf(up);
      const ordered = isOk(up) && isOk(down) && ids.indexOf(low!) < ids.indexOf(high!);
      const times = listAt(down.body, "jobs").map((job) => Date.parse(textAt(job, "createTime")));
      const latestFirst = times.every((time, index) => index === 0 || time <= times[index - 1]!);
      const saw = `by name ${ordered ? "right" : "wrong"}, latest first ${latestFirst ? "right" : "wrong"}, "uid" ${isOk(wrong) ? "accepted" : "refused"}`;
      return verdict(ordered && latestFirst && !isOk(wrong), saw, { up: ids, down: times, wrong });
    },
  },
  {
    id: "list-fields",
    question: "Does `fields` make a list's answer smaller?",
    assumption: "Nothing depends on it; where it works, an observation costs a tenth of the bytes.",
    matters: [OBSERVATION],
    how: "A list with fields=jobs(name,status.state),nextPageToken.",
    realOnly: "the emulator takes `fields` and gives everything",
    probes: [success],
    async check(contact) {
      await contact.lab.outcome(success);
      const query = { pageSize: 100, filter: ours(contact), fields: "jobs(name,status.state),nextPageToken" };
      const answer = await contact.batch.list(query);
      const first = namesAt(answer.body, "jobs.0");
      const small =
        isOk(answer) && first.every((name) => ["name", "status"].includes(name)) && first.length > 0;
      return verdict(small, isOk(answer) ? `a job has ${first.join(", ")}` : errorText(answer), answer);
    },
  },
  {
    id: "list-everywhere",
    question: "Does the location - list the jobs of all regions?",
    assumption:
      "It does; regions that cannot be reached are named in `unreachable`, which is absent otherwise.",
    matters: ["src/executors/gcp_batch: the sweep of orphans", EMULATOR],
    how: "A list of locations/- by label.",
    probes: [success],
    async check(contact) {
      const { id } = await contact.lab.outcome(success);
      const answer = await contact.batch.list({ pageSize: 100, filter: ours(contact) }, "-");
      const unreachable = listAt(answer.body, "unreachable");
      const saw = isOk(answer)
        ? `${idsOf(answer).length} jobs, unreachable: ${unreachable.join(", ") || "none"}`
        : errorText(answer);
      return verdict(isOk(answer) && idsOf(answer).includes(id), saw, answer);
    },
  },
  {
    id: "list-knows-at-once",
    question: "Is a job in the list as soon as it is created?",
    assumption: "Usually; where it is not, a job that is missing is looked up before anything is concluded.",
    matters: ["src/executors/gcp_batch: open attempts that a list does not have"],
    how: "A list by label right after the first job was created.",
    probes: [success],
    async check(contact) {
      const outcome = contact.lab.outcome(success);
      const id = contact.lab.idOf(success);
      const listed = () => contact.batch.list({ pageSize: 100, filter: ours(contact) });
      const known = await contact.ask(() => contact.batch.get(id), isOk, 300);
      if (!isOk(known)) return unclear("the job was not created in time", known);
      const first = await listed();
      const later = await contact.ask(listed, (answer) => idsOf(answer).includes(id), 60);
      await outcome;
      const saw = idsOf(first).includes(id)
        ? "in the first list"
        : idsOf(later).includes(id)
          ? "in a later list"
          : "not within 60 s";
      return verdict(idsOf(later).includes(id), saw, [first, later]);
    },
  },
  {
    id: "count-by-state",
    question: "Does the undocumented jobs:countByState of v1alpha answer?",
    assumption: "Nothing depends on it; the emulator answers {jobCounts: {STATE: number}}.",
    matters: ["infra/batch-emulator/rest/routes.ts"],
    how: "GET v1alpha jobs:countByState?states=QUEUED",
    async check({ batch }) {
      const answer = await batch.ask(`/v1alpha/${batch.parent}/jobs:countByState`, { states: "QUEUED" });
      const counts = namesAt(answer.body, "jobCounts");
      return verdict(
        isOk(answer),
        isOk(answer) ? `counts of ${counts.join(", ") || "nothing"}` : errorText(answer),
        answer,
      );
    },
  },
  {
    id: "tasks-filter",
    question: "Which spelling does the filter of tasks take?",
    assumption: "Both State=FAILED and status.state=FAILED; BioAgent sends none.",
    matters: ["infra/batch-emulator/api/tasks.ts"],
    how: "The tasks of a failed job, with each.",
    probes: [stopped],
    async check(contact) {
      const { id, trouble } = await contact.lab.outcome(stopped);
      if (trouble) return unclear(trouble);
      const list = (filter: string) => contact.batch.tasks(id, { filter, pageSize: 10 });
      const answers = await Promise.all(["State=FAILED", "status.state=FAILED"].map(list));
      const counts = answers.map((answer) =>
        isOk(answer) ? String(listAt(answer.body, "tasks").length) : "refused",
      );
      return verdict(
        counts.every((count) => count === "1"),
        `State=: ${counts[0]}, status.state=: ${counts[1]}`,
        answers,
      );
    },
  },
];
