import { setTimeout as sleep } from "node:timers/promises";
import type { Time } from "../../../src/http/hints.ts";
import type { World } from "./world.ts";

/** Longer waits are only limits of patience. */
const PAUSE = 10_000;

/** The time of a poll in a world: its pauses pass at once, and its patience keeps no process alive. */
export const quickTime = (world: World): Time => ({
  now: () => Date.parse(world.now()),
  async sleep(milliseconds) {
    if (milliseconds > PAUSE) return void (await sleep(milliseconds, undefined, { ref: false }));
    world.pass(milliseconds / 1000);
    await sleep(20);
  },
});
