/** Which file system a path lies on: SQLite's WAL needs memory shared by all its users, which no network file system gives. */

export interface Mount {
  readonly type: string;
  readonly point: string;
}

/** Types that several machines may have mounted at once, or that share a folder with another kernel. */
const NETWORK_TYPES: ReadonlySet<string> = new Set(
  [
    "nfs nfs4 cifs smb smb2 smb3 smbfs ncpfs afs yfs coda 9p virtiofs vboxsf vmhgfs prl_fs drvfs",
    "lustre gpfs beegfs beegfs_nodev ceph panfs wekafs wekafs_dpc pvfs2 orangefs glusterfs gfs gfs2 ocfs2",
    "acfs cvfs stornext davfs davfs2 webdav mapr efs hdfs quobyte vastnfs",
  ].flatMap((line) => line.split(" ")),
);

/** FUSE file systems on this machine's own disk; every other one may be anything, and slower is better than corrupt. */
const LOCAL_FUSE: ReadonlySet<string> = new Set([
  "fuse.fuse-overlayfs",
  "fuse.gocryptfs",
  "fuse.encfs",
  "fuse.bindfs",
  "fuse.ntfs-3g",
  "fuse.fuseiso",
]);

export const isNetworkFileSystem = (type: string): boolean =>
  NETWORK_TYPES.has(type) || type === "fuse" || (type.startsWith("fuse.") && !LOCAL_FUSE.has(type));

/** The mount that `path` (absolute, symbolic links resolved) lies on, by the text of `/proc/mounts`; null when none is named. */
export function mountOf(path: string, mounts: string): Mount | null {
  let found: Mount | null = null;
  for (const line of mounts.split("\n")) {
    const [, point, type] = line.split(" ");
    if (point === undefined || type === undefined) continue;
    const mount = { point: unescapeMount(point), type };
    // The last of equals counts: it is mounted over the earlier ones.
    if (contains(mount.point, path) && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

const contains = (point: string, path: string): boolean =>
  point === "/" || path === point || path.startsWith(`${point}/`);

/** The kernel writes blanks and backslashes of a path as `\040` and the like, byte by byte. */
function unescapeMount(text: string): string {
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  const plain = bytes.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(plain, "latin1").toString("utf8");
}
