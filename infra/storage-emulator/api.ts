import { z } from "zod";
import { invalid } from "./api-error.ts";
import { bucketMethods } from "./buckets.ts";
import { type Answer, type Call, jsonBody, type Operation } from "./call.ts";
import { download } from "./downloads.ts";
import { withEffect } from "./fault-effects.ts";
import { Fault, openFaults } from "./faults.ts";
import type { ObjectStore } from "./object-store.ts";
import { objectMethods } from "./objects.ts";
import { resumableMethods } from "./resumable.ts";
import { upload } from "./uploads.ts";

type Method = (call: Call) => Promise<Answer>;

/** Answers calls; throws an `ApiError` to refuse one, and a `Cut` where a fault wants the connection broken. */
export function openApi(store: ObjectStore): Method {
  const methods = methodsOf(store);
  const faults = openFaults();
  const counts = new Map<Operation, number>();

  async function control(call: Call, path: string): Promise<Answer> {
    switch (`${call.method} ${path}`) {
      case "POST faults":
        faults.add(await faultsIn(call));
        return { status: 200, body: { faults: faults.list() } };
      case "DELETE faults":
        faults.clear();
        return { status: 204 };
      case "GET faults":
        return { status: 200, body: { faults: faults.list() } };
      case "GET requests":
        return { status: 200, body: { requests: Object.fromEntries(counts) } };
      case "DELETE requests": {
        // With what is forgotten, so that nothing is lost between asking and forgetting.
        const requests = Object.fromEntries(counts);
        counts.clear();
        return { status: 200, body: { requests } };
      }
    }
    throw invalid("The control endpoint knows POST, GET and DELETE of faults, GET and DELETE of requests.");
  }

  return async (call) => {
    if (call.operation === "control") return control(call, call.query.get("control") ?? "");
    counts.set(call.operation, (counts.get(call.operation) ?? 0) + 1);
    const method = methods[call.operation];
    const effect = faults.next(call);
    return effect === null ? method(call) : withEffect(effect, call, method);
  };
}

async function faultsIn(call: Call): Promise<Fault[]> {
  const read = z.strictObject({ faults: z.array(Fault) }).safeParse(await jsonBody(call));
  if (read.success) return read.data.faults;
  throw invalid(z.prettifyError(read.error));
}

function methodsOf(store: ObjectStore): Record<Exclude<Operation, "control">, Method> {
  const buckets = bucketMethods(store);
  const objects = objectMethods(store);
  const uploads = resumableMethods(store);
  return {
    "buckets.list": buckets.list,
    "buckets.insert": buckets.insert,
    "buckets.get": buckets.get,
    "buckets.delete": buckets.remove,
    "buckets.getStorageLayout": buckets.getStorageLayout,
    "buckets.testIamPermissions": buckets.testIamPermissions,
    "objects.list": objects.list,
    "objects.insert": (call) => upload(store, call),
    "objects.get": objects.get,
    "objects.media": (call) => download(store, call),
    "objects.patch": objects.patch,
    "objects.update": objects.update,
    "objects.delete": objects.remove,
    "objects.compose": objects.compose,
    "objects.copy": objects.copy,
    "objects.rewrite": objects.rewrite,
    "uploads.start": uploads.start,
    "uploads.continue": uploads.continue,
    "uploads.cancel": uploads.cancel,
  };
}
