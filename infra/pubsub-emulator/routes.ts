import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Broker, BrokerError } from "./broker.ts";

const Labels = z.record(z.string(), z.string());
const TopicBody = z.object({ labels: Labels.optional() });
const SubscriptionBody = z.object({
  topic: z.string(),
  labels: Labels.optional(),
  ackDeadlineSeconds: z.number().int().min(0).max(600).optional(),
});
const PullBody = z.object({ maxMessages: z.number().int().min(1) });
const AckBody = z.object({ ackIds: z.array(z.string()).min(1) });
const MessageBody = z.object({ data: z.string().optional(), attributes: Labels.optional() });
const PublishBody = z.object({ messages: z.array(MessageBody).min(1) });
/** https://cloud.google.com/pubsub/docs/push#receive_push */
const PushBody = z.object({
  message: MessageBody.extend({ messageId: z.string().optional(), publishTime: z.string().optional() }),
  subscription: z.string().optional(),
});

interface Asked {
  readonly broker: Broker;
  /** Groups of the route's path. */
  readonly parts: readonly string[];
  readonly body: unknown;
}
type Route = readonly [method: string, path: RegExp, answer: (asked: Asked) => object];

const PROJECT = "projects/[^/]+";

const ROUTES: readonly Route[] = [
  [
    "PUT",
    new RegExp(`^/v1/(${PROJECT}/topics/[^/:]+)$`),
    ({ broker, parts, body }) => broker.createTopic(parts[0]!, read(TopicBody, body).labels),
  ],
  [
    "PUT",
    new RegExp(`^/v1/(${PROJECT}/subscriptions/[^/:]+)$`),
    ({ broker, parts, body }) => broker.createSubscription(parts[0]!, defined(read(SubscriptionBody, body))),
  ],
  [
    "GET",
    new RegExp(`^/v1/(${PROJECT})/topics$`),
    ({ broker, parts }) => ({ topics: broker.topics(parts[0]!) }),
  ],
  [
    "GET",
    new RegExp(`^/v1/(${PROJECT})/subscriptions$`),
    ({ broker, parts }) => ({ subscriptions: broker.subscriptions(parts[0]!) }),
  ],
  [
    "DELETE",
    new RegExp(`^/v1/(${PROJECT}/(?:topics|subscriptions)/[^/:]+)$`),
    ({ broker, parts }) => {
      broker.delete(parts[0]!);
      return {};
    },
  ],
  [
    "POST",
    new RegExp(`^/v1/(${PROJECT}/subscriptions/[^/:]+):pull$`),
    ({ broker, parts, body }) => {
      const receivedMessages = broker.pull(parts[0]!, read(PullBody, body).maxMessages);
      return receivedMessages.length > 0 ? { receivedMessages } : {};
    },
  ],
  [
    "POST",
    new RegExp(`^/v1/(${PROJECT}/subscriptions/[^/:]+):acknowledge$`),
    ({ broker, parts, body }) => {
      broker.acknowledge(parts[0]!, read(AckBody, body).ackIds);
      return {};
    },
  ],
  ["POST", new RegExp(`^/v1/(${PROJECT}/topics/[^/:]+):publish$`), publish],
  ["POST", /^\/push(?:\/(.+))?$/, pushed],
];

/** The answer to one request. Throws a `BrokerError`. */
export function answerTo(broker: Broker, method: string, path: string, body: unknown): object {
  for (const [wanted, pattern, answer] of ROUTES) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return answer({ broker, parts: match.slice(1), body });
  }
  throw new BrokerError(404, "NOT_FOUND", "Method not found.");
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new BrokerError(400, "INVALID_ARGUMENT", `${issue?.path.join(".") || "the body"}: ${issue?.message}`);
}

/** Without the keys that hold nothing. */
const defined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

function publish({ broker, parts, body }: Asked): object {
  const publishTime = new Date().toISOString();
  const messages = read(PublishBody, body).messages.map((message) => ({
    ...defined(message),
    messageId: randomUUID(),
    publishTime,
  }));
  for (const message of messages) broker.publish(parts[0]!, message);
  return { messageIds: messages.map(({ messageId }) => messageId) };
}

/** What somebody pushes as Pub/Sub would, to be pulled here: the topic stands in the path, or the subscription is called `TOPIC-push`. */
function pushed({ broker, parts, body }: Asked): object {
  const { message, subscription = "" } = read(PushBody, body);
  const topic = parts[0] ?? subscription.replace("/subscriptions/", "/topics/").replace(/-push$/, "");
  const { messageId = randomUUID(), publishTime = new Date().toISOString(), ...rest } = message;
  broker.publish(topic, { ...defined(rest), messageId, publishTime });
  return {};
}
