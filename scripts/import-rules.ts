import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = dirname(import.meta.dirname);

/** What each room may import besides itself: other rooms, and packages by name (`node:` modules as `node`). */
interface Room {
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

const ADAPTER = ["src/ports.ts", "src/core/"];
const FACE = [
  "src/wire.ts",
  "src/config.ts",
  "src/config/",
  "src/app/",
  "src/core/",
  "src/ports.ts",
  "src/ledger/",
  "src/pipelines/",
];

/** The first prefix that fits a file is its room. */
const ROOMS: readonly (readonly [string, Room])[] = [
  ["src/core/", { rooms: [], packages: ["zod"] }],
  ["src/ports.ts", { rooms: ["src/core/"], packages: [] }],
  // What an executor's foreign records mean is pure reading; `explain` shows it without opening an executor.
  [
    "src/app/explain",
    {
      rooms: ["src/app/", "src/core/", "src/ports.ts", "src/executors/gcp_batch/", "src/executors/slurm/"],
      packages: ["zod"],
    },
  ],
  ["src/app/", { rooms: ["src/core/", "src/ports.ts"], packages: [] }],
  [
    "src/executors/gcp_batch/",
    {
      rooms: ADAPTER,
      packages: ["node", "zod", "@google-cloud/batch", "google-auth-library", "@grpc/grpc-js"],
    },
  ],
  ["src/executors/", { rooms: ADAPTER, packages: ["node", "zod"] }],
  [
    "src/stores/firestore/",
    { rooms: [...ADAPTER, "src/stores/"], packages: ["node", "zod", "@google-cloud/firestore"] },
  ],
  ["src/stores/", { rooms: ADAPTER, packages: ["node", "zod"] }],
  [
    "src/channels/",
    {
      rooms: ADAPTER,
      packages: [
        "node",
        "zod",
        "@slack/webhook",
        "@slack/web-api",
        "@octokit/core",
        "@aws-sdk/client-ses",
        "@aws-sdk/credential-provider-web-identity",
        "nodemailer",
        "nodemailer/lib/mail-composer",
        "nodemailer/lib/smtp-connection",
      ],
    },
  ],
  [
    "src/files/gcs/",
    { rooms: [...ADAPTER, "src/files/"], packages: ["node", "zod", "@google-cloud/storage"] },
  ],
  ["src/files/", { rooms: ADAPTER, packages: ["node", "zod", "csv-parse/sync"] }],
  // Google's own services that are no port: tokens, secrets, the configuration in a bucket.
  ["src/google/", { rooms: ADAPTER, packages: ["node", "zod", "google-auth-library"] }],
  ["src/ledger/", { rooms: ADAPTER, packages: ["node"] }],
  [
    "src/pipelines/",
    { rooms: ADAPTER, packages: ["node", "zod", "yaml", "csv-parse/sync", "csv-parse", "re2js"] },
  ],
  ["src/config", { rooms: [...ADAPTER, "src/config/", "src/pipelines/"], packages: ["node", "zod"] }],
  [
    "src/wire.ts",
    {
      rooms: [
        ...ADAPTER,
        "src/app/",
        "src/config.ts",
        "src/executors/",
        "src/stores/",
        "src/channels/",
        "src/google/",
        "src/files/",
        "src/ledger/",
        "src/pipelines/",
      ],
      packages: ["node"],
    },
  ],
  ["src/http/", { rooms: FACE, packages: ["node", "zod"] }],
  [
    "src/cli/",
    {
      rooms: [...FACE, "src/http/", "src/google/", "infra/"],
      packages: ["node", "commander", "zod", "google-auth-library"],
    },
  ],
  ["src/index.ts", { rooms: FACE, packages: ["node"] }],
  // Stand-ins for the cloud know nothing of the product: only a real client could be fooled by them.
  [
    "infra/",
    {
      rooms: [],
      packages: [
        "node",
        "zod",
        "yaml",
        "@grpc/grpc-js",
        "@grpc/proto-loader",
        "@google-cloud/firestore",
        "google-auth-library",
      ],
    },
  ],
  [
    "functions/",
    { rooms: [...FACE, "src/http/", "src/google/"], packages: ["node", "@google-cloud/functions-framework"] },
  ],
];

const IMPORT =
  /(?:^|[\s;])(?:import|export)\s[^"';]*?from\s*"([^"]+)"|(?:^|[^\w.])import\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm;

/** Every import that crosses a wall, as `file: imports X, which ...`. */
export function importProblems(): string[] {
  const files = ["src/**/*.ts", "functions/**/*.ts", "infra/**/*.ts"].flatMap((pattern) =>
    globSync(pattern, { cwd: root }),
  );
  return files.flatMap((file) => problemsOf(file, importsOf(file)));
}

/** What is wrong with these imports in this file. */
export function problemsOf(file: string, imports: readonly string[]): string[] {
  const room = ROOMS.find(([prefix]) => file.startsWith(prefix));
  if (!room) return [`${file}: belongs to no room; add it to scripts/import-rules.ts`];
  return imports
    .filter((target) => !allowed(room, target))
    .map((target) => `${file}: imports ${target}, which ${room[0]} may not`);
}

/** Files of ours as paths from the root, packages by name. */
export function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [...text.matchAll(IMPORT)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3]!;
    if (target.startsWith(".")) return normalize(join(dirname(file), target));
    return target.startsWith("node:") ? "node" : target;
  });
}

function allowed([own, room]: readonly [string, Room], target: string): boolean {
  const inside = /^(?:src|functions|infra)\//.test(target);
  if (!inside) return room.packages.includes(target);
  return target.startsWith(own) || room.rooms.some((prefix) => target.startsWith(prefix));
}
