import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { BUNDLED, loadedWith, packagesIn } from "../../../scripts/bundle.ts";
import type * as EmailChannel from "../../../src/channels/email/channel.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";
import { startSesServer, stsKeys } from "../../support/ses-server.ts";
import { startSmtpServer } from "../../support/smtp-server.ts";
import { STORIES } from "../notice-stories.ts";

test("bundled as a function is, it sends by SES, by a role and by SMTP, and loads no client before", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-email-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { metafile } = await build({
    ...BUNDLED,
    absWorkingDir: join(import.meta.dirname, "../../.."),
    entryPoints: { channel: "src/channels/email/channel.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    metafile: true,
  });
  const outputs = Object.keys(metafile.outputs);
  const entry = outputs.filter((file) => file.endsWith("channel.mjs"));
  assert.deepEqual([...packagesIn(metafile, loadedWith(metafile, entry)).keys()], []);
  const { openEmail }: typeof EmailChannel = await import(pathToFileURL(join(folder, "channel.mjs")).href);

  const [ses, smtp] = [await startSesServer(), await startSmtpServer()];
  t.after(() => Promise.all([ses.close(), smtp.close()]));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SES: ses.url,
    AWS_ENDPOINT_URL_STS: ses.url,
    AWS_ACCESS_KEY_ID: "AKIATESTKEY000000001",
    AWS_SECRET_ACCESS_KEY: "s3cr3tKeyOfTheTest",
  });
  const base = { kind: "email", from: "runs@lab.org", to: ["pi@lab.org"] };
  const aws = EmailConfig.parse({ ...base, region: "us-east-1" });
  const role = { ...aws, role_arn: "arn:aws:iam::123456789012:role/bioagent-ses" };
  const relay = EmailConfig.parse({ ...base, transport: "smtp", url: smtp.url });
  const deps = {
    write: () => assert.fail(),
    allowPrivateUrls: true,
    identityToken: async () => "a-token-of-google",
  };
  for (const config of [aws, role, relay]) {
    if (config === role) ses.script(stsKeys(3_600));
    const delivery = await openEmail("pi", config, deps).deliver(STORIES["started"]!, "pi@lab.org");
    assert.equal(delivery.kind, "delivered", JSON.stringify(delivery));
  }
});
