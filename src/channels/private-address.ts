import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Not reachable from everywhere: own machine, private and shared networks, link-local (cloud metadata), tests, multicast. */
const PRIVATE_V4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const;

const privateV4 = new BlockList();
for (const [network, prefix] of PRIVATE_V4) privateV4.addSubnet(network, prefix, "ipv4");

/** Whether an address must not be connected to on a user's word. What is no address counts as private. */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return privateV4.check(address, "ipv4");
  const [bare = ""] = address.split("%");
  return isIPv6(bare) ? isPrivateV6(hextets(bare)) : true;
}

/** Global unicast only, less what tunnels or documents; an IPv4 address inside (mapped, NAT64) is judged as such. */
function isPrivateV6(parts: readonly number[]): boolean {
  const [a = 0, b = 0] = parts;
  if (startsWith(parts, [0, 0, 0, 0, 0, 0xffff]) || startsWith(parts, [0x64, 0xff9b, 0, 0, 0, 0])) {
    return isPrivateAddress(embeddedV4(parts));
  }
  if ((a & 0xe000) !== 0x2000) return true;
  if (a === 0x2001) return b < 0x200 || b === 0xdb8;
  return a === 0x2002 || (a === 0x3fff && b < 0x1000);
}

const startsWith = (parts: readonly number[], prefix: readonly number[]): boolean =>
  prefix.every((part, at) => parts[at] === part);

const embeddedV4 = (parts: readonly number[]): string =>
  parts
    .slice(6)
    .flatMap((part) => [part >> 8, part & 255])
    .join(".");

/** The eight numbers of an IPv6 address; the URL parser writes `::ffff:127.0.0.1` as `::ffff:7f00:1` first. */
function hextets(address: string): number[] {
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left = "", right] = plain.split("::");
  const numbers = (text: string): number[] =>
    text ? text.split(":").map((part) => Number.parseInt(part, 16)) : [];
  const head = numbers(left);
  const tail = numbers(right ?? "");
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}
