/**
 * BioAgent as a library: a small pipeline over two samples, driven to its end from this process.
 *
 *   node examples/library.ts
 *
 * The package's own name leads to `dist/`, which `npm ci` (or `npm run build`) makes.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBioAgent } from "bioagent";

// Store, ledger and results lie in one folder, so that removing it leaves nothing behind.
const cwd = await mkdtemp(join(tmpdir(), "bioagent-library-"));
const bioagent = await openBioAgent({ cwd, write: () => {} });

const started = await bioagent.start({
  pipeline: {
    pipeline: "greet",
    steps: [
      {
        id: "hello",
        script: 'echo "hello from $SAMPLE" > "$OUTPUT_DIR/$SAMPLE.txt"',
        resources: { memory: "64MiB" },
        outputs: ["{sample}.txt"],
      },
      {
        id: "all",
        per: "run",
        needs: ["hello"],
        script:
          'while read -r s; do cat "$RESULTS_DIR/$s.txt"; done < "$SAMPLES_FILE" > "$OUTPUT_DIR/all.txt"',
        resources: { memory: "64MiB" },
        outputs: ["all.txt"],
      },
    ],
  },
  samples: ["ann", "ben"],
  output: "results",
});

const ended = await bioagent.wait(started.run_id);
console.log(`${ended.run_id}: ${ended.status}, ${ended.outcome}`);
console.log((await readFile(join(ended.config.output, "all.txt"), "utf8")).trimEnd());

await bioagent.close();
await rm(cwd, { recursive: true });
