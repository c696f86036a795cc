/** An example under a command's help. */
export const example = (command: string): string => `\nExample:\n  $ ${command}`;
