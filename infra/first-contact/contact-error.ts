/** First contact cannot go on. The message says what was attempted, what came back, and what to do. */
export class ContactError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ContactError";
  }
}
