/** Bytes of a file in one variable: base64 makes four of three, and one variable may have 128 KiB on Linux. */
const PART_BYTES = 63 * 1024;

/**
 * Files as environment, as `wrapper-prepare.sh` reads them: names, and their text in base64 in parts. Base64, because how
 * newlines in a variable's value survive on their way to a VM is nobody's promise.
 */
export function fileVariables(files: readonly (readonly [string, string])[]): Record<string, string> {
  const variables: Record<string, string> = { BIOAGENT_FILES: String(files.length) };
  for (const [at, [name, text]] of files.entries()) {
    const bytes = Buffer.from(text);
    const parts = Math.ceil(bytes.length / PART_BYTES);
    variables[`BIOAGENT_FILE_${at}`] = name;
    variables[`BIOAGENT_FILE_${at}_PARTS`] = String(parts);
    for (let part = 0; part < parts; part++) {
      const piece = bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
      variables[`BIOAGENT_FILE_${at}_${part}`] = piece.toString("base64");
    }
  }
  return variables;
}
