/**
 * Something that a machine of the service could not have been given either, or that this emulator has not: the task fails
 * before its first runnable.
 */
export class MachineProblem extends Error {}
