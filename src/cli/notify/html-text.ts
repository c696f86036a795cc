const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  nbsp: " ",
};

/** A mail's page as text, for a terminal: no tags, nothing that is not shown, a line for each paragraph. */
export const htmlText = (html: string): string =>
  html
    .replace(/<head>[\s\S]*?<\/head>|<!--[\s\S]*?-->|<!doctype[^>]*>/gi, "")
    .replace(/<div style="display:none[\s\S]*?<\/div>/g, "")
    .replace(/<li[^>]*>/g, "• ")
    .replace(/<\/(?:h1|p|li|div|tr|table)>/g, "\n")
    .replace(/<[^>]+>/g, "")
    .replace(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
