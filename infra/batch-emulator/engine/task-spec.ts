/*
 * The parts of a job's specification that the engine and the runner act on. The API half has checked the specification
 * against the protos and put it into canonical JSON form before a record exists, so these are views, not parsers.
 */

export interface Environment {
  variables?: Record<string, string>;
  secretVariables?: Record<string, string>;
  encryptedVariables?: { keyName?: string; cipherText?: string };
}

export interface ContainerRunnable {
  imageUri?: string;
  commands?: string[];
  entrypoint?: string;
  /** `src:dst[:options]` */
  volumes?: string[];
  options?: string;
  blockExternalNetwork?: boolean;
}

export interface Runnable {
  container?: ContainerRunnable;
  script?: { text?: string; path?: string };
  barrier?: { name?: string };
  displayName?: string;
  ignoreExitStatus?: boolean;
  background?: boolean;
  alwaysRun?: boolean;
  environment?: Environment;
  timeout?: string;
}

export interface Volume {
  gcs?: { remotePath?: string };
  nfs?: { server?: string; remotePath?: string };
  deviceName?: string;
  mountPath?: string;
  mountOptions?: string[];
}

export interface LifecyclePolicy {
  action?: "ACTION_UNSPECIFIED" | "RETRY_TASK" | "FAIL_TASK";
  actionCondition?: { exitCodes?: number[] };
}

export interface TaskSpec {
  runnables?: Runnable[];
  computeResource?: { cpuMilli?: string; memoryMib?: string; bootDiskMib?: string };
  maxRunDuration?: string;
  maxRetryCount?: number;
  lifecyclePolicies?: LifecyclePolicy[];
  environment?: Environment;
  /** The older spelling of `environment.variables`. */
  environments?: Record<string, string>;
  volumes?: Volume[];
}

export interface TaskGroup {
  taskSpec: TaskSpec;
  taskCount?: string;
  parallelism?: string;
  schedulingPolicy?: string;
  taskEnvironments?: Environment[];
}
