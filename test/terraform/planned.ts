/** What `terraform show -json` says of a plan, as far as the tests look at it. */

export type Values = Readonly<Record<string, unknown>>;

export interface Planned {
  readonly address: string;
  readonly type: string;
  readonly index: string;
  readonly values: Values;
}

interface ResourceChange {
  readonly address: string;
  readonly mode: string;
  readonly type: string;
  readonly index?: string | number;
  readonly change: { readonly after: Values | null };
}

export class Plan {
  readonly all: readonly Planned[];

  constructor(json: string) {
    const { resource_changes } = JSON.parse(json) as { resource_changes: ResourceChange[] };
    this.all = resource_changes
      .filter(({ mode, change }) => mode === "managed" && change.after !== null)
      .map(({ address, type, index, change }) => ({
        address,
        type,
        index: String(index ?? ""),
        values: change.after!,
      }));
  }

  of(type: string): Planned[] {
    return this.all.filter((resource) => resource.type === type);
  }

  /** The only one of its type whose address contains this; throws when there are several, or none. */
  one(type: string, part = ""): Values {
    const found = this.of(type).filter(({ address }) => address.includes(part));
    if (found.length !== 1) throw new Error(`${found.length} of ${type} with ${part} in their address`);
    return found[0]!.values;
  }
}

/** A block that stands there once: `block(function, "service_config")`. */
export function block(values: Values, ...path: string[]): Values {
  return path.reduce<Values>((inner, name) => {
    const list = inner[name] as Values[] | undefined;
    if (list?.length !== 1) throw new Error(`${list?.length ?? 0} blocks ${name}`);
    return list[0]!;
  }, values);
}

export interface Grant {
  readonly address: string;
  /** `poll` for bioagent-poll@..., else the member as it stands. */
  readonly who: string;
  /** Without `roles/`. */
  readonly role: string;
  /** The kind of thing it is given on, as the README's table names it. */
  readonly on: string;
  /** The thing itself. */
  readonly resource: string;
  readonly condition: string;
}

const GIVEN_ON: Readonly<Record<string, readonly [on: string, field: string]>> = {
  google_project_iam_member: ["project", "project"],
  google_storage_bucket_iam_member: ["bucket", "bucket"],
  google_service_account_iam_member: ["account", "service_account_id"],
  google_pubsub_topic_iam_member: ["topic", "topic"],
  google_pubsub_subscription_iam_member: ["subscription", "subscription"],
  google_secret_manager_secret_iam_member: ["secret", "secret_id"],
  google_cloud_run_v2_service_iam_member: ["function", "name"],
  google_artifact_registry_repository_iam_member: ["repository", "repository"],
};

/** Every right that a plan gives, to whomever; throws when there is a kind of grant it does not know. */
export function grantsOf(plan: Plan, name: string): Grant[] {
  return plan.all
    .filter(({ type }) => /_iam_(member|binding|policy)$/.test(type))
    .map(({ address, type, values }) => {
      const kind = GIVEN_ON[type];
      if (!kind)
        throw new Error(`${address}: a binding or a policy takes rights away from others; use a member`);
      const conditions = (values["condition"] ?? []) as Values[];
      return {
        address,
        who: nameOf(String(values["member"]), name),
        role: String(values["role"]).replace(/^roles\//, ""),
        on: kind[0],
        resource: String(values[kind[1]]),
        condition: conditions.map(({ expression }) => String(expression)).join(" && "),
      };
    });
}

function nameOf(member: string, name: string): string {
  const own = new RegExp(`^serviceAccount:${name}-([a-z]+)@`).exec(member)?.[1];
  if (own) return own;
  return /@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/.test(member) ? "Pub/Sub's agent" : member;
}
