import { z } from "zod";

const isUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
};

/** Its messages never show it: an address may carry a secret. */
export const urlSuchAs = (example: string) =>
  z.string().refine(isUrl, `expected a URL, such as ${example}, without user or password`);
