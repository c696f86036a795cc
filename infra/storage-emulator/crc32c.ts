/** CRC-32C (Castagnoli), which `node:zlib` does not have; eight bytes at a time. */
const POLYNOMIAL = 0x82f63b78;

const TABLES = makeTables();

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let at = 0; at < 256; at += 1) {
    let value = at;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    first[at] = value >>> 0;
  }
  const tables = [first];
  for (let n = 1; n < 8; n += 1) {
    const before = tables[n - 1]!;
    tables.push(before.map((value) => (value >>> 8) ^ first[value & 255]!));
  }
  return tables;
}

/** The checksum of everything so far and `bytes`; begins with 0. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const [a, b, c, d, e, f, g, h] = TABLES as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = ~before;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    crc =
      h[low & 255]! ^
      g[(low >>> 8) & 255]! ^
      f[(low >>> 16) & 255]! ^
      e[low >>> 24]! ^
      d[bytes[at + 4]!]! ^
      c[bytes[at + 5]!]! ^
      b[bytes[at + 6]!]! ^
      a[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ a[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/** As the API writes it: base64 of the four bytes, big-endian. */
export function crc32cText(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}
