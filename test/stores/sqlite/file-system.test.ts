import assert from "node:assert/strict";
import { test } from "node:test";
import { isNetworkFileSystem, mountOf } from "../../../src/stores/sqlite/file-system.ts";

const MOUNTS = `/dev/vda / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
tmpfs /tmp tmpfs rw 0 0
nas:/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/me/scratch xfs rw 0 0
//server/share /mnt/my\\040lab\\134data cifs rw 0 0
nas:/\\303\\244 /mnt/\\303\\244 nfs rw 0 0
beegfs_nodev /data beegfs rw 0 0
/dev/sdc1 /data ext4 rw 0 0
`;

test("a path lies on the deepest mount that holds it", () => {
  const typeOf = (path: string): string | undefined => mountOf(path, MOUNTS)?.type;
  assert.equal(typeOf("/work/bioagent"), "ext4");
  assert.equal(typeOf("/home/me/bioagent"), "nfs4");
  assert.equal(typeOf("/home"), "nfs4");
  assert.equal(typeOf("/home/me/scratch/bioagent"), "xfs");
  assert.equal(typeOf("/home/me/scratchpad"), "nfs4");
  assert.equal(typeOf("/homes/me"), "ext4");
});

test("blanks, backslashes and other letters in a mount point are read as they are", () => {
  assert.deepEqual(mountOf("/mnt/my lab\\data/x", MOUNTS), { point: "/mnt/my lab\\data", type: "cifs" });
  assert.equal(mountOf("/mnt/ä/x", MOUNTS)?.type, "nfs");
});

test("of two mounts at one place, the later counts", () => {
  assert.equal(mountOf("/data/x", MOUNTS)?.type, "ext4");
});

test("where nothing is mounted that holds the path, nothing is said", () => {
  assert.equal(mountOf("/x", ""), null);
  assert.equal(mountOf("/x", "garbage\n\n"), null);
});

test("network and shared file systems are told from local ones", () => {
  const network = [
    ...["nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "9p", "virtiofs", "afs", "gfs2"],
    ...["fuse.sshfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.juicefs", "fuse.unheard-of", "wekafs"],
  ];
  const local = ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "fuse.fuse-overlayfs", "apfs"];
  assert.deepEqual(network.filter(isNetworkFileSystem), network);
  assert.deepEqual(local.filter(isNetworkFileSystem), []);
});
