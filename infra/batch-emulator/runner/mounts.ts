import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** A directory or file of this host that shall be seen at another path. Both absolute and without `..`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/**
 * A private view of the file system: `root` is a directory that a process changes its root to, after `table` was mounted in
 * a mount namespace of its own. The host's paths are all there, the mounts beside them; nothing of it is seen outside.
 */
export interface View {
  readonly root: string;
  /** A file for `mount -a -T`. */
  readonly table: string;
}

/**
 * Lays out the view in `folder`. A mount point that this host has not is made in a copy of its parent's listing: `/mnt` of
 * the view is then a plain directory with the host's `/mnt/*` bound into it. Only a temporary folder is not copied so, since
 * it is crowded and others' files there come and go: of it only `folder` remains, as on a machine of one's own.
 */
export function layOutView(folder: string, mounts: readonly Mount[]): View {
  const view: Layout = { root: join(folder, "root"), folder, copied: new Set(["/"]), lines: [], bound: [] };
  for (const { target } of mounts) noteCopied(view, target);
  mkdirSync(view.root, { recursive: true });
  copyListing(view, "/");
  if (!isBound(view, folder)) bindFolder(view);
  const ordered = [...mounts].sort((a, b) => a.target.split("/").length - b.target.split("/").length);
  for (const mount of ordered) {
    makePoint(view, mount, ordered);
    view.lines.push(tableLine(mount.source, view.root + mount.target, mount.readOnly ? "rbind,ro" : "rbind"));
  }
  const table = join(folder, "mounts");
  writeFileSync(table, view.lines.join(""));
  return { root: view.root, table };
}

interface Layout {
  readonly root: string;
  readonly folder: string;
  /** Host directories that the view copies entry by entry instead of binding them whole. */
  readonly copied: Set<string>;
  readonly lines: string[];
  /** Host paths that are bound whole. */
  readonly bound: string[];
}

/** The deepest directory of the path that exists here, and all above it, must be copied if something is missing below. */
function noteCopied(view: Layout, target: string): void {
  if (existsSync(target)) return;
  let at = dirname(target);
  while (!existsSync(at)) at = dirname(at);
  for (; at !== "/"; at = dirname(at)) view.copied.add(at);
}

const TEMPORARY = ["/tmp", "/var/tmp"];

function copyListing(view: Layout, path: string): void {
  if (TEMPORARY.includes(path)) return;
  // What holds the view's own folder comes first: bound later, it would bring all earlier mounts along once more.
  const names = readdirSync(path).sort((a, b) => Number(holds(view, path, b)) - Number(holds(view, path, a)));
  for (const name of names) copyEntry(view, join(path, name));
}

const holds = (view: Layout, path: string, name: string): boolean =>
  `${view.folder}/`.startsWith(`${join(path, name)}/`);

function copyEntry(view: Layout, path: string): void {
  const here = view.root + path;
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (kind?.isSymbolicLink()) return symlinkSync(readlinkSync(path), here);
  if (kind?.isDirectory()) {
    mkdirSync(here);
    if (view.copied.has(path)) return copyListing(view, path);
  } else if (kind?.isFile()) writeFileSync(here, "");
  else return; // sockets and the like
  view.bound.push(path);
  view.lines.push(tableLine(path, here, "rbind"));
}

const isBound = (view: Layout, path: string): boolean =>
  view.bound.some((bound) => path === bound || path.startsWith(`${bound}/`));

/** Before all others, as bound later it would bring the mounts within it along once more. */
function bindFolder(view: Layout): void {
  mkdirSync(view.root + view.folder, { recursive: true });
  view.lines.unshift(tableLine(view.folder, view.root + view.folder, "rbind"));
}

/** A mount needs something to lie on: in the view itself, or in the source of the mount around it. */
function makePoint(view: Layout, mount: Mount, all: readonly Mount[]): void {
  const around = all
    .filter((other) => other !== mount && mount.target.startsWith(`${other.target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  if (around === undefined && isBound(view, mount.target)) return; // it exists, or it would be copied
  const point =
    around === undefined
      ? view.root + mount.target
      : around.source + mount.target.slice(around.target.length);
  if (existsSync(point)) return;
  if (statSync(mount.source).isDirectory()) mkdirSync(point, { recursive: true });
  else {
    mkdirSync(dirname(point), { recursive: true });
    writeFileSync(point, "");
  }
}

function tableLine(source: string, target: string, options: string): string {
  return `${escaped(source)} ${escaped(target)} none ${options} 0 0\n`;
}

/** As fstab(5) wants it. */
const escaped = (path: string): string =>
  path.replace(/[\\\s]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
