/** The part of validatorjs 3.22 that BlueBubbles uses; the package brings no types. */
declare module "validatorjs" {
  class Validator {
    constructor(data: unknown, rules: Readonly<Record<string, string>>);
    passes(): boolean;
    readonly errors: { all(): Record<string, string[]> };
  }
  export = Validator;
}
