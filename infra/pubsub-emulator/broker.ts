import { randomUUID } from "node:crypto";

/** What a caller did wrong, as a google.rpc.Code's name and its HTTP code. */
export class BrokerError extends Error {
  readonly httpCode: number;
  readonly status: string;
  constructor(httpCode: number, status: string, message: string) {
    super(message);
    this.name = "BrokerError";
    this.httpCode = httpCode;
    this.status = status;
  }
}

export type Labels = Readonly<Record<string, string>>;

export interface Topic {
  readonly name: string;
  readonly labels?: Labels;
}

export interface Subscription {
  readonly name: string;
  readonly topic: string;
  readonly labels?: Labels;
  readonly ackDeadlineSeconds: number;
}

/** A `PubsubMessage` in JSON form. */
export interface Message {
  readonly data?: string;
  readonly attributes?: Labels;
  readonly messageId: string;
  readonly publishTime: string;
}

export interface ReceivedMessage {
  readonly ackId: string;
  readonly message: Message;
}

/** What the service calls the topic of a subscription whose topic is gone. */
const DELETED_TOPIC = "_deleted-topic_";
const DEFAULT_ACK_SECONDS = 10;

interface Queue {
  subscription: Subscription;
  readonly waiting: Message[];
  /** By ackId: given out, until acknowledged or until the time is over. */
  readonly out: Map<string, { readonly message: Message; readonly until: number }>;
}

/** Topics, subscriptions and messages in memory. At least once, in no promised order, as the service. */
export class Broker {
  readonly #topics = new Map<string, Topic>();
  readonly #queues = new Map<string, Queue>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  createTopic(name: string, labels?: Labels): Topic {
    if (this.#topics.has(name)) throw alreadyExists(name);
    const topic = { name, ...(labels ? { labels } : {}) };
    this.#topics.set(name, topic);
    return topic;
  }

  createSubscription(
    name: string,
    asked: { topic?: string; labels?: Labels; ackDeadlineSeconds?: number },
  ): Subscription {
    if (this.#queues.has(name)) throw alreadyExists(name);
    const topic = asked.topic ?? "";
    if (!this.#topics.has(topic)) throw notFound(topic);
    const ackDeadlineSeconds = asked.ackDeadlineSeconds || DEFAULT_ACK_SECONDS;
    const subscription = {
      name,
      topic,
      ...(asked.labels ? { labels: asked.labels } : {}),
      ackDeadlineSeconds,
    };
    this.#queues.set(name, { subscription, waiting: [], out: new Map() });
    return subscription;
  }

  topics = (project: string): Topic[] =>
    [...this.#topics.values()].filter(({ name }) => name.startsWith(`${project}/`));

  subscriptions = (project: string): Subscription[] =>
    [...this.#queues.values()]
      .map(({ subscription }) => subscription)
      .filter(({ name }) => name.startsWith(`${project}/`));

  /** Deletes a topic, whose subscriptions keep what they have, or a subscription. */
  delete(name: string): void {
    if (this.#queues.delete(name)) return;
    if (!this.#topics.delete(name)) throw notFound(name);
    for (const queue of this.#queues.values()) {
      if (queue.subscription.topic === name)
        queue.subscription = { ...queue.subscription, topic: DELETED_TOPIC };
    }
  }

  /** To every subscription of the topic: by its full name, or of every project by its last part. */
  publish(topic: string, message: Message): number {
    const isIt = (name: string): boolean => name === topic || name.endsWith(`/topics/${topic}`);
    const queues = [...this.#queues.values()].filter(({ subscription }) => isIt(subscription.topic));
    for (const queue of queues) queue.waiting.push(message);
    return queues.length;
  }

  pull(name: string, most: number): ReceivedMessage[] {
    const queue = this.#queue(name);
    this.#takeBack(queue);
    const until = this.#now() + queue.subscription.ackDeadlineSeconds * 1000;
    return queue.waiting.splice(0, most).map((message) => {
      const ackId = randomUUID();
      queue.out.set(ackId, { message, until });
      return { ackId, message };
    });
  }

  /** Unknown ids are ignored, as the service does. */
  acknowledge(name: string, ackIds: readonly string[]): void {
    const queue = this.#queue(name);
    for (const ackId of ackIds) queue.out.delete(ackId);
  }

  #takeBack({ out, waiting }: Queue): void {
    for (const [ackId, { message, until }] of out) {
      if (until > this.#now()) continue;
      out.delete(ackId);
      waiting.push(message);
    }
  }

  #queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (!queue) throw notFound(name);
    return queue;
  }
}

const alreadyExists = (name: string): BrokerError =>
  new BrokerError(
    409,
    "ALREADY_EXISTS",
    `Resource already exists in the project (resource=${lastPart(name)}).`,
  );

const notFound = (name: string): BrokerError =>
  new BrokerError(404, "NOT_FOUND", `Resource not found (resource=${lastPart(name)}).`);

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
