import { randomUUID } from "node:crypto";
import { addressWords, parseFolder } from "./address.ts";
import type { BucketClient } from "./bucket-client.ts";

/**
 * Null when objects can be made and replaced in the folder: one is made there and deleted again. Otherwise a sentence
 * that says why not, and what to do: a bad address, no bucket, no permission, another project's bucket, no answer.
 */
export async function prepareBucket(
  client: Pick<BucketClient, "write" | "remove">,
  output: string,
): Promise<string | null> {
  const folder = parseFolder(output);
  if (typeof folder === "string") return addressWords(output, folder);
  const probe = { bucket: folder.bucket, name: `${folder.prefix}.bioagent-probe-${randomUUID()}` };
  try {
    const { generation } = await client.write(probe, Buffer.from("may jobs write here?\n"), "0");
    await client.remove(probe, generation);
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return `the output folder ${output} cannot be written: ${said}`;
  }
}
