import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  findMemoryGroups,
  groupMembers,
  makeGroup,
  ownLimit,
  removeGroup,
  sweepGroups,
} from "../../../src/executors/local/cgroup.ts";
import { temporaryFolder } from "./fixture.ts";

/** A fake /sys/fs/cgroup of these files. */
function fakeRoot(t: TestContext, files: Record<string, string>): string {
  const root = temporaryFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const SLICE = "user.slice/user-1000.slice/user@1000.service/app.slice";
const SELF = `0::/${SLICE}/bioagent.service\n`;

test("version 2: groups are made in the nearest folder above that hands memory down", (t) => {
  const root = fakeRoot(t, {
    "cgroup.controllers": "cpu memory pids\n",
    "cgroup.subtree_control": "cpu memory\n",
    "cgroup.procs": "",
    [`${SLICE}/cgroup.subtree_control`]: "memory pids\n",
    [`${SLICE}/cgroup.procs`]: "",
    [`${SLICE}/bioagent.service/cgroup.subtree_control`]: "\n",
    [`${SLICE}/bioagent.service/cgroup.procs`]: "1\n",
  });
  assert.deepEqual(findMemoryGroups(root, SELF), { version: 2, base: join(root, SLICE) });
});

test("version 2 without a folder that hands memory down: none", (t) => {
  const root = fakeRoot(t, {
    "cgroup.controllers": "memory\n",
    "cgroup.subtree_control": "\n",
    "cgroup.procs": "1\n",
  });
  assert.equal(findMemoryGroups(root, "0::/\n"), null);
});

test("a hybrid machine has memory in version 1", (t) => {
  const root = fakeRoot(t, {
    "memory/mine/memory.limit_in_bytes": "1",
    "unified/cgroup.controllers": "hugetlb\n",
  });
  const found = findMemoryGroups(root, "4:memory:/mine\n1:cpu:/\n0::/\n");
  assert.deepEqual(found, { version: 1, base: join(root, "memory/mine") });
});

test("in a container that shows another path, version 1's mount itself is the own group", (t) => {
  const root = fakeRoot(t, { "memory/memory.limit_in_bytes": "1" });
  const found = findMemoryGroups(root, "4:cpuacct,memory:/docker/abc\n");
  assert.deepEqual(found, { version: 1, base: join(root, "memory") });
});

test("version 2: a group gets its limit, and counts by the files of version 2", (t) => {
  const root = temporaryFolder(t);
  const groups = { version: 2, base: root } as const;
  const files = makeGroup(groups, "w1", 64 * 2 ** 20);
  assert.equal(readFileSync(join(files.folder, "memory.max"), "utf8"), "67108864");
  assert.deepEqual(
    [files.kills, files.peak],
    [join(files.folder, "memory.events"), join(files.folder, "memory.peak")],
  );
  writeFileSync(files.procs, "12\n34\n");
  assert.deepEqual(groupMembers(groups, "w1"), [12, 34]);
  assert.deepEqual(groupMembers(groups, "w2"), []);
  removeGroup(groups, "w2");
});

test("the own limit is the least of all above, and a huge one is none", (t) => {
  const root = fakeRoot(t, {
    "a/memory.max": "1000000\n",
    "a/b/memory.max": "max\n",
    "memory/c/memory.limit_in_bytes": "9223372036854771712\n",
  });
  assert.equal(ownLimit(root, "0::/a/b\n4:memory:/c\n"), 1_000_000);
  assert.equal(ownLimit(root, "4:memory:/c\n"), null);
});

test("groups left behind are swept when they are old and empty, and nobody else's", (t) => {
  const base = temporaryFolder(t);
  const groups = { version: 1, base } as const;
  for (const name of ["bioagent-old", "bioagent-new", "bioagent-busy/child", "somebody-old"]) {
    mkdirSync(join(base, name), { recursive: true });
  }
  for (const name of ["bioagent-old", "bioagent-busy", "somebody-old"])
    utimesSync(join(base, name), 1000, 1000);
  assert.equal(sweepGroups(groups, 2_000_000), 1);
  assert.deepEqual(readdirSync(base).sort(), ["bioagent-busy", "bioagent-new", "somebody-old"]);
});
