/** The plan of the dev environment with one secret channel: what the tests of single parts look at. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Plan } from "./planned.ts";
import { type Workplace, workplace } from "./workplace.ts";

export const PROJECT = "my-lab-123";
export const DEV = "environments/dev";
const CONFIG = `# "sm://in-a-comment"
channels:
  lab: { kind: slack, webhook_url: "sm://lab-slack" }
`;

export interface DevPlan {
  /** Made by the first test that asks. */
  readonly plan: () => Plan;
  readonly place: () => Workplace;
  readonly variables: () => string[];
  readonly remove: () => void;
}

export function devPlan(name: string): DevPlan {
  let made: ReturnType<typeof workplace> | undefined;
  let planned: Plan | undefined;
  const place = () => {
    made ??= workplace(name);
    return made;
  };
  const variables = () => [
    `-var=project_id=${PROJECT}`,
    '-var=alert_emails=["ada@lab.org"]',
    '-var=users=["user:ada@lab.org"]',
    '-var=authors=["group:seq@lab.org"]',
    `-var=source_zip=${join(place().folder, "functions.zip")}`,
  ];
  const plan = () => {
    if (planned) return planned;
    writeFileSync(join(place().folder, "terraform", DEV, "bioagent.yaml"), CONFIG);
    place().succeed(DEV, "init", "-backend=false", "-input=false");
    place().succeed(DEV, "plan", "-input=false", "-out=plan", ...variables());
    planned = new Plan(place().succeed(DEV, "show", "-json", "plan"));
    return planned;
  };
  return { plan, place, variables, remove: () => made?.remove() };
}
