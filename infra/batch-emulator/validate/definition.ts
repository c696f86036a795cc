/** What the rules look at in a job's definition, which is canonical already: a typed view of it. */
export interface JobDefinition {
  readonly priority?: string;
  readonly taskGroups?: readonly TaskGroupDefinition[];
  readonly allocationPolicy?: AllocationPolicyDefinition;
  readonly labels?: Labels;
  readonly logsPolicy?: { readonly destination?: string; readonly logsPath?: string };
  readonly notifications?: readonly NotificationDefinition[];
}

export type Labels = Readonly<Record<string, string>>;

export interface TaskGroupDefinition {
  readonly taskSpec?: TaskSpecDefinition;
  readonly taskCount?: string;
  readonly parallelism?: string;
  readonly schedulingPolicy?: string;
  readonly taskEnvironments?: readonly EnvironmentDefinition[];
  readonly taskCountPerNode?: string;
}

export interface EnvironmentDefinition {
  readonly variables?: Labels;
  readonly secretVariables?: Labels;
}

export interface TaskSpecDefinition {
  readonly runnables?: readonly RunnableDefinition[];
  readonly computeResource?: {
    readonly cpuMilli?: string;
    readonly memoryMib?: string;
    readonly bootDiskMib?: string;
  };
  readonly maxRunDuration?: string;
  readonly maxRetryCount?: number;
  readonly lifecyclePolicies?: readonly {
    readonly action?: string;
    readonly actionCondition?: { readonly exitCodes?: readonly number[] };
  }[];
  readonly volumes?: readonly VolumeDefinition[];
  readonly environment?: EnvironmentDefinition;
}

export interface RunnableDefinition {
  readonly container?: { readonly imageUri?: string };
  readonly script?: { readonly path?: string; readonly text?: string };
  readonly barrier?: { readonly name?: string };
  readonly timeout?: string;
  readonly environment?: EnvironmentDefinition;
  readonly labels?: Labels;
}

export interface VolumeDefinition {
  readonly nfs?: { readonly server?: string; readonly remotePath?: string };
  readonly gcs?: { readonly remotePath?: string };
  readonly deviceName?: string;
  readonly mountPath?: string;
}

export interface AllocationPolicyDefinition {
  readonly location?: { readonly allowedLocations?: readonly string[] };
  readonly instances?: readonly unknown[];
  readonly labels?: Labels;
  readonly network?: {
    readonly networkInterfaces?: readonly {
      readonly network?: string;
      readonly subnetwork?: string;
      readonly noExternalIpAddress?: boolean;
    }[];
  };
}

export interface NotificationDefinition {
  readonly pubsubTopic?: string;
  readonly message?: {
    readonly type?: string;
    readonly newJobState?: string;
    readonly newTaskState?: string;
  };
}
