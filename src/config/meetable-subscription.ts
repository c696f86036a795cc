import { ID_PATTERN } from "../core/pipeline.ts";
import { LABEL_PATTERN, Subscription } from "../core/run.ts";

/** One that no run can ever meet tells nobody, and that would be found out when a notice is missed. */
export const MeetableSubscription = Subscription.superRefine(({ pipelines = [], labels = {} }, context) => {
  for (const [place, pipeline] of pipelines.entries()) {
    if (ID_PATTERN.test(pipeline)) continue;
    const message = "no pipeline can have this name: it is lower case letters, digits and _";
    context.addIssue({ code: "custom", path: ["pipelines", place], message });
  }
  for (const name of Object.keys(labels)) {
    if (LABEL_PATTERN.test(name)) continue;
    const message = "no run can have this label: its name is lower case letters, digits, _ and -";
    context.addIssue({ code: "custom", path: ["labels", name], message });
  }
});
