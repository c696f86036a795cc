import assert from "node:assert/strict";
import { type Check, codeOf } from "./check.ts";

export function conditions(check: Check): void {
  check("conditions", "generation 0 means: only where there is none", async (bucket) => {
    const save = (text: string) =>
      bucket.file("once").save(text, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
    await save("first");
    await assert.rejects(save("second"), codeOf(412));
    assert.equal((await bucket.file("once").download())[0].toString(), "first");
  });

  check(
    "conditions",
    "a write, a change and a deletion only of the generation that was read",
    async (bucket) => {
      const file = bucket.file("a");
      await file.save("one", { resumable: false });
      const [{ generation }] = await file.getMetadata();
      await bucket.file("a").save("two", { resumable: false });
      const preconditionOpts = { ifGenerationMatch: Number(generation) };
      await assert.rejects(bucket.file("a").save("x", { resumable: false, preconditionOpts }), codeOf(412));
      await assert.rejects(bucket.file("a").save("x", { resumable: true, preconditionOpts }), codeOf(412));
      await assert.rejects(bucket.file("a").delete({ ifGenerationMatch: generation! }), codeOf(412));
      await assert.rejects(
        bucket.file("a").setMetadata({ contentType: "text/css" }, { ifGenerationMatch: generation! }),
        codeOf(412),
      );
      assert.equal((await bucket.file("a").download())[0].toString(), "two");
    },
  );

  check("conditions", "of many who create one object at once, one succeeds", async (bucket) => {
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, at) =>
        bucket.file("lock").save(`${at}`, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
      ),
    );
    const won = results.flatMap((result, at) => (result.status === "fulfilled" ? [`${at}`] : []));
    assert.equal(won.length, 1);
    assert.equal((await bucket.file("lock").download())[0].toString(), won[0]);
  });

  check("conditions", "a metageneration counts changes of the metadata", async (bucket) => {
    const file = bucket.file("a");
    await file.save("x", { resumable: false });
    const change = () => file.setMetadata({ metadata: { a: "1" } }, { ifMetagenerationMatch: 1 });
    await change();
    await assert.rejects(change(), codeOf(412));
  });

  check("conditions", "a reader asks for a generation, or for another than it has", async (bucket) => {
    const file = bucket.file("a");
    await file.save("x", { resumable: false });
    const [{ generation }] = await file.getMetadata();
    const old = bucket.file("a", { generation: Number(generation) - 1 });
    await assert.rejects(old.getMetadata(), codeOf(404));
    await assert.rejects(file.getMetadata({ ifGenerationNotMatch: generation! } as object), codeOf(304));
  });

  check("conditions", "a copy has conditions on both ends", async (bucket) => {
    await bucket.file("from").save("x", { resumable: false });
    await bucket.file("to").save("y", { resumable: false });
    const copy = (preconditionOpts: object) =>
      bucket.file("from").copy(bucket.file("to"), { preconditionOpts });
    await assert.rejects(copy({ ifGenerationMatch: 0 }), codeOf(412));
    const [{ generation }] = await bucket.file("to").getMetadata();
    await copy({ ifGenerationMatch: Number(generation) });
    assert.equal((await bucket.file("to").download())[0].toString(), "x");
  });
}
