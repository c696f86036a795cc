import type { Hold, Story, Strike } from "../engine/story.ts";
import { PLAIN_STORY } from "../engine/story.ts";
import type { Rule } from "../scenario.ts";

const STRIKES = {
  preempt: 50001,
  vm_lost: 50002,
  reboot: 50003,
  unresponsive: 50004,
  recreate: 50006,
} as const;

/** The story that these rules make together; where two speak of one thing, the later wins, strikes and waits add up. */
export function storyOf(rules: readonly Rule[]): Story {
  const told: Story = { ...PLAIN_STORY, holds: rules.flatMap(holdsOf), strikes: rules.flatMap(strikesOf) };
  return Object.assign(told, ...rules.map(({ effect }) => single(effect)));
}

/** Effects of which a job has one. */
function single(effect: Rule["effect"]): Partial<Story> {
  const { provider_cancel: cancel, zero_tasks: zero } = effect;
  return {
    ...(cancel === undefined ? {} : { providerCancel: { at: cancel.at, afterMs: cancel.after_ms } }),
    ...(zero === undefined ? {} : { zeroTasks: { text: zero.text ?? null } }),
    ...(effect.unordered_events === undefined ? {} : { unorderedEvents: true }),
    ...(effect.lagging_counts === undefined ? {} : { countsLagMs: effect.lagging_counts.for_ms }),
    ...(effect.hidden_tasks === undefined ? {} : { hiddenTasksMs: effect.hidden_tasks.for_ms }),
  };
}

function strikesOf({ match, effect }: Rule): Strike[] {
  return Object.entries(STRIKES).flatMap(([name, exitCode]) => {
    const given = effect[name as keyof typeof STRIKES];
    if (given === undefined) return [];
    const { at, after_ms: afterMs, task = null } = given;
    return [{ exitCode, at, afterMs, attempt: match.attempt, task }];
  });
}

function holdsOf({ effect }: Rule): Hold[] {
  return (["quota", "stock_out"] as const).flatMap((kind) => {
    const given = effect[kind];
    if (given === undefined) return [];
    const what = (kind === "quota" ? given.name : given.zone) ?? null;
    return [{ kind, at: given.at, forMs: given.for_ms, what }];
  });
}
