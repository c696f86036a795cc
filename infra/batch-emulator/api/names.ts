import { createHash } from "node:crypto";
import { ApiError } from "../model.ts";
import { fieldIsInvalid } from "../validate/violation.ts";
import { isRegion } from "./regions.ts";

export interface Place {
  /** As asked for: an id or a number. */
  readonly project: string;
  readonly location: string;
}
export interface JobName extends Place {
  readonly id: string;
}

const PROJECT = /^(?:(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,61}|\d{1,19})$/;
const LOCATION = /^[a-z0-9-]{1,63}$/;

/** `projects/P/locations/L`; with `anywhere` also `projects/P/locations/-`. */
export function parsePlace(parent: string, field: string, anywhere = false): Place {
  const [, project, location] = parsed(/^projects\/([^/]+)\/locations\/([^/]+)$/, parent, field);
  return checkedPlace(project!, location!, field, anywhere);
}

/** `projects/P`. */
export function parseProject(name: string, field: string): string {
  const [, project] = parsed(/^projects\/([^/]+)$/, name, field);
  if (!PROJECT.test(project!)) throw invalidProject();
  return project!;
}

/** `projects/P/locations/L/jobs/J`. */
export function parseJobName(name: string, field: string): JobName {
  const [, project, location, id] = parsed(
    /^projects\/([^/]+)\/locations\/([^/]+)\/jobs\/([^/]+)$/,
    name,
    field,
  );
  return { ...checkedPlace(project!, location!, field), id: id! };
}

/** `.../jobs/J/taskGroups/G`. */
export function parseTaskGroupName(name: string, field: string): JobName & { readonly group: string } {
  const [, job, group] = parsed(/^(.+)\/taskGroups\/([^/]+)$/, name, field);
  return { ...parseJobName(job!, field), group: group! };
}

/** `.../taskGroups/G/tasks/T`. */
export function parseTaskName(
  name: string,
  field: string,
): JobName & { readonly group: string; readonly task: string } {
  const [, group, task] = parsed(/^(.+)\/tasks\/([^/]+)$/, name, field);
  return { ...parseTaskGroupName(group!, field), task: task! };
}

/** `projects/P/locations/L/operations/O`. */
export function parseOperationName(name: string, field: string): Place {
  const [, place] = parsed(/^(.+)\/operations\/[^/]+$/, name, field);
  return parsePlace(place!, field);
}

function parsed(pattern: RegExp, name: string, field: string): RegExpExecArray {
  const match = pattern.exec(name);
  if (!match) throw fieldIsInvalid(field, `"${name}" does not have the form of a resource name.`);
  return match;
}

function checkedPlace(project: string, location: string, field: string, anywhere = false): Place {
  if (!PROJECT.test(project)) throw invalidProject();
  if (anywhere && location === "-") return { project, location };
  if (!LOCATION.test(location)) throw fieldIsInvalid(field, `"${location}" is not a valid location.`);
  if (!isRegion(location)) {
    throw new ApiError(7, `Location ${location} is not found or access is unauthorized.`);
  }
  return { project, location };
}

/** What Google's front end says of a project that cannot be one. */
const invalidProject = (): ApiError =>
  new ApiError(3, "Invalid resource field value in the request.", [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "RESOURCE_PROJECT_INVALID",
      domain: "googleapis.com",
      metadata: { service: "batch.googleapis.com" },
    },
  ]);

/** A project's number: the digits themselves, or twelve that depend on the id alone. */
export function projectNumber(project: string): string {
  if (/^\d+$/.test(project)) return project;
  const digest = createHash("sha256").update(project).digest();
  return String(100_000_000_000 + (digest.readUIntBE(0, 6) % 900_000_000_000));
}

/** A job's name with the project's number, as error texts, events and task names have it. */
export const numberedJobName = ({ project, location, id }: JobName): string =>
  `projects/${projectNumber(project)}/locations/${location}/jobs/${id}`;

/** The service's own text (nextflow-io/nextflow 5422). */
export const notFound = (resource: string): ApiError =>
  new ApiError(5, `Resource "${resource}" was not found`);
