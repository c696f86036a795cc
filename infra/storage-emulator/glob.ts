/** `matchGlob` of a listing: `*` and `?` stay in a folder, `**` does not, `[abc]`, `[!a]`, `{a,b}`, `\` escapes. */
export function globPattern(glob: string): RegExp {
  let pattern = "";
  let braces = 0;
  for (let at = 0; at < glob.length; at += 1) {
    const char = glob[at]!;
    if (char === "*" && glob[at + 1] === "*") {
      at += 1;
      // `**/` also stands for no folder at all.
      if (glob[at + 1] === "/") {
        at += 1;
        pattern += "(?:.*/)?";
      } else pattern += ".*";
    } else if (char === "*") pattern += "[^/]*";
    else if (char === "?") pattern += "[^/]";
    else if (char === "{") {
      braces += 1;
      pattern += "(?:";
    } else if (char === "}" && braces > 0) {
      braces -= 1;
      pattern += ")";
    } else if (char === "," && braces > 0) pattern += "|";
    else if (char === "[" && glob.indexOf("]", at + 2) > 0) {
      const end = glob.indexOf("]", at + 2);
      const inner = glob
        .slice(at + 1, end)
        .replace(/^[!^]/, "^")
        .replaceAll("\\", "\\\\");
      pattern += `[${inner}]`;
      at = end;
    } else {
      if (char === "\\" && at + 1 < glob.length) at += 1;
      pattern += glob[at]!.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  return new RegExp(`^${pattern}${")".repeat(braces)}$`, "s");
}
