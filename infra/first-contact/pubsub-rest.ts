import type { Answer, Http } from "./http.ts";
import { listAt, textAt } from "./json.ts";

export interface PubsubRest {
  makeTopic(topic: string, labels: Readonly<Record<string, string>>): Promise<Answer>;
  subscribe(subscription: string, topic: string, labels: Readonly<Record<string, string>>): Promise<Answer>;
  /** Waiting messages, acknowledged. */
  pull(subscription: string): Promise<Answer>;
  /** Deletes a topic or a subscription by its full name. */
  remove(name: string): Promise<Answer>;
  /** Full names of the topics or subscriptions of a project that carry the label. */
  labelled(project: string, kind: "topics" | "subscriptions", label: string): Promise<string[]>;
}

/** Without `returnImmediately` the service holds the question until a message comes; it is asked every two seconds instead. */
const PULL = { maxMessages: 100, returnImmediately: true };

export function createPubsubRest(http: Http, base: string): PubsubRest {
  const put = (name: string, body: unknown) => http({ base, method: "PUT", path: `/v1/${name}`, body });
  return {
    makeTopic: (topic, labels) => put(topic, { labels }),
    subscribe: (subscription, topic, labels) =>
      put(subscription, { topic, labels, ackDeadlineSeconds: 60, expirationPolicy: { ttl: "86400s" } }),
    async pull(subscription) {
      const path = `/v1/${subscription}`;
      const answer = await http({ base, method: "POST", path: `${path}:pull`, body: PULL });
      const ackIds = listAt(answer.body, "receivedMessages").map((one) => textAt(one, "ackId"));
      if (ackIds.length > 0)
        await http({ base, method: "POST", path: `${path}:acknowledge`, body: { ackIds } });
      return answer;
    },
    remove: (name) => http({ base, method: "DELETE", path: `/v1/${name}` }),
    async labelled(project, kind, label) {
      const found: string[] = [];
      let pageToken: string | undefined;
      do {
        const query = { pageSize: 500, pageToken };
        const answer = await http({ base, method: "GET", path: `/v1/projects/${project}/${kind}`, query });
        for (const one of listAt(answer.body, kind))
          if (textAt(one, `labels.${label}`)) found.push(textAt(one, "name"));
        pageToken = textAt(answer.body, "nextPageToken") || undefined;
      } while (pageToken !== undefined);
      return found;
    },
  };
}
