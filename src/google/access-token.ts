import { AdapterError } from "../ports.ts";

/** A fresh OAuth token of whoever we are to Google: a function's service account, or a person's application default credentials. */
export type AccessToken = () => Promise<string>;

const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Loads google-auth-library when the first token is asked for; it keeps and renews tokens itself. */
export function openAccessToken(): AccessToken {
  let opening: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | null = null;
  return async () => {
    try {
      opening ??= import("./google-auth.ts").then(({ GoogleAuth }) => new GoogleAuth({ scopes: SCOPE }));
      const token = await (await opening).getAccessToken();
      if (token) return token;
    } catch (error) {
      throw noToken(error);
    }
    throw noToken(undefined);
  };
}

const noToken = (cause: unknown): AdapterError =>
  new AdapterError(
    "Google gave no access token; on a machine of your own: gcloud auth application-default login",
    { code: "no_credentials", retryable: true, cause },
  );
