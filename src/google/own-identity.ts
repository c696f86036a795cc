import { AdapterError } from "../ports.ts";

/** A token of Google's that tells an audience who this process is: a function's service account, or a person's. */
export type OwnIdentity = (audience: string) => Promise<string>;

/** Loads google-auth-library when the first token is asked for; it keeps tokens and renews them itself. */
export function openOwnIdentity(): OwnIdentity {
  const providers = new Map<string, Promise<{ fetchIdToken(audience: string): Promise<string> }>>();
  const providerOf = async (audience: string) => {
    const { GoogleAuth } = await import("./google-auth.ts");
    return (await new GoogleAuth().getIdTokenClient(audience)).idTokenProvider;
  };
  return async (audience) => {
    try {
      const provider = providers.get(audience) ?? providerOf(audience);
      providers.set(audience, provider);
      return await (await provider).fetchIdToken(audience);
    } catch (cause) {
      providers.delete(audience);
      throw new AdapterError(
        `Google gave no identity token for ${audience}: that needs a service account (a function has one)`,
        { code: "no_credentials", retryable: true, cause },
      );
    }
  };
}
