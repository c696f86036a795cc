import type { Answer } from "./connection.ts";

/** GitHub, or what stands in its place, did not do what was asked. */
export class Refusal extends Error {
  /** "creating branch results/x of lab/results" */
  readonly attempted: string;
  readonly answer: Answer;
  /** Whether people would see a second one: a comment, not a state that is looked at before it is set. */
  readonly repeats: boolean;
  constructor(attempted: string, answer: Answer, repeats = false) {
    super(attempted);
    this.name = "Refusal";
    this.attempted = attempted;
    this.answer = answer;
    this.repeats = repeats;
  }
}

/** A refusal whose cause was found out: for good, with the remedy in its words. */
export class Unfit extends Error {
  readonly disable: boolean;
  constructor(message: string, options: { disable: boolean }) {
    super(message);
    this.name = "Unfit";
    this.disable = options.disable;
  }
}

/** Somebody was faster, or GitHub does not yet see what it has just made: look again, then decide again. */
export class Raced extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = "Raced";
    this.refusal = refusal;
  }
}
