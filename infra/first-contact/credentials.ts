import { ContactError } from "./contact-error.ts";

/** Gives the headers that say who asks, and who pays for the asking; none beside an emulator. */
export type Credentials = () => Promise<Readonly<Record<string, string>>>;

/** Of Application Default Credentials. The library is loaded, and keys are looked for, at the first question. */
export function defaultCredentials(): Credentials {
  let client: ReturnType<typeof open> | null = null;
  return async () => {
    client ??= open();
    try {
      return Object.fromEntries(await (await client).getRequestHeaders());
    } catch (error) {
      client = null;
      const why = error instanceof Error ? error.message : String(error);
      throw new ContactError(
        `Google gave no access token: ${why} Run: gcloud auth application-default login`,
        {
          cause: error,
        },
      );
    }
  };
}

async function open() {
  const { GoogleAuth } = await import("google-auth-library");
  return new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] });
}
