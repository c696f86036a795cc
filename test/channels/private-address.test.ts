import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivateAddress } from "../../src/channels/private-address.ts";

const PRIVATE = {
  "own machine": ["127.0.0.1", "127.255.255.254", "0.0.0.0", "::1", "::"],
  "private networks": [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "fc00::1",
    "fd12:3456::1",
  ],
  "link-local and cloud metadata": [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fec0::1",
  ],
  "IPv4 inside IPv6": [
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
  ],
  "for tests and documents": [
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "2001:db8::1",
    "3fff::1",
    "100::1",
  ],
  "multicast and reserved": ["224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "ff02::1"],
  "no address at all": ["", "localhost", "1.2.3", "::g", "127.1"],
};

for (const [what, addresses] of Object.entries(PRIVATE)) {
  test(`refuses ${what}`, () => {
    assert.deepEqual(
      addresses.filter((address) => !isPrivateAddress(address)),
      [],
    );
  });
}

test("lets public addresses pass, also at the edges of private ranges", () => {
  const open = [
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ];
  assert.deepEqual(open.filter(isPrivateAddress), []);
});
