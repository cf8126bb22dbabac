import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InklingError } from '../../protocol/errors.ts';
import { type ReleaseLock, takeFolderLock } from './folder-lock.ts';

/**
 * The folder in which everything durable lives. Opening it makes it, proves that it can be written,
 * locks it against other processes and checks that this version understands it.
 *
 *   format.json   {"format":1,"created":"2026-08-02T10:00:00.000Z","version":"1.0.0"}
 *   lock/         who holds it, see folder-lock
 *   …             rooms of others, through `path`
 */

/** The layout this version reads and writes. */
const formatVersion = 1;

export interface FolderFormat {
  readonly format: number;
  /** When the folder was made, ISO 8601. */
  readonly created: string;
  /** The version of Inkling that made it. */
  readonly version: string;
}

export interface DataFolder {
  /** Absolute. */
  readonly dir: string;
  readonly format: FolderFormat;
  /** The absolute path of a room inside it; makes nothing. */
  path(...names: string[]): string;
  /** Lets other processes in; nothing in the folder may be touched afterwards. */
  release(): Promise<void>;
}

export interface DataFolderOptions {
  readonly dir: string;
  /** Version of Inkling, for a folder that is made now. */
  readonly version: string;
  /** Milliseconds since 1970, for a folder that is made now. */
  readonly now: number;
}

/** ERR_DATA_NOT_WRITABLE, ERR_DATA_LOCKED or ERR_DATA_UNREADABLE when it cannot be used. */
export async function openDataFolder(options: DataFolderOptions): Promise<DataFolder> {
  const dir = resolve(options.dir);
  let release: ReleaseLock;
  try {
    await makeFolder(dir);
    await proveWritable(dir);
    release = await takeFolderLock(dir);
  } catch (error) {
    throw error instanceof InklingError ? error : notWritable(dir, error);
  }
  try {
    const format = (await readFormat(dir)) ?? (await writeFormat(dir, options));
    return { dir, format, path: (...names) => join(dir, ...names), release };
  } catch (error) {
    await release();
    throw error instanceof InklingError ? error : notWritable(dir, error);
  }
}

/** Like mkdir -p; Node's own never returns where the system says ENOENT in an existing folder. */
async function makeFolder(dir: string): Promise<void> {
  const parent = dirname(dir);
  try {
    await makeOne(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === dir) throw error;
    await makeFolder(parent);
    await makeOne(dir);
  }
}

async function makeOne(dir: string): Promise<void> {
  try {
    await mkdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!(await stat(dir)).isDirectory()) throw error;
  }
}

/** Permission bits do not tell it all (read-only mounts, full disks): only writing does. */
async function proveWritable(dir: string): Promise<void> {
  const path = join(dir, `probe-${randomUUID()}`);
  try {
    await writeDurably(path, Buffer.alloc(4096));
  } finally {
    await rm(path, { force: true });
  }
}

/** Null: the folder has none yet. ERR_DATA_UNREADABLE when this version does not understand it. */
export async function readFormat(dir: string): Promise<FolderFormat | null> {
  const path = join(dir, 'format.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(`Expected to read ${path}, but got: ${(error as Error).message}.`);
  }
  const format = parseFormat(text);
  if (format === null) {
    throw unreadable(`Expected the format of a data folder in ${path}, but found something else.`);
  }
  if (format.format > formatVersion) {
    throw unreadable(
      `Expected a data folder of format ${formatVersion} or older in ${dir}, but it has format ` +
        `${format.format}, made by Inkling ${format.version}.`,
    );
  }
  return format;
}

function parseFormat(text: string): FolderFormat | null {
  try {
    const { format, created, version } = JSON.parse(text);
    if (!Number.isInteger(format) || format < 1) return null;
    return { format, created: String(created), version: String(version) };
  } catch {
    return null;
  }
}

async function writeFormat(dir: string, options: DataFolderOptions): Promise<FolderFormat> {
  const created = new Date(options.now).toISOString();
  const format = { format: formatVersion, created, version: options.version };
  const path = join(dir, 'format.json');
  await writeDurably(`${path}.new`, Buffer.from(`${JSON.stringify(format)}\n`));
  await rename(`${path}.new`, path);
  return format;
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function notWritable(dir: string, error: unknown): InklingError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = (code && reasons[code]) ?? message;
  return new InklingError(
    'ERR_DATA_NOT_WRITABLE',
    `Expected a data folder that can be written at ${dir}, but ${reason}.`,
    'Choose another folder with --data or data.dir.',
  );
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's quota is used up",
  EEXIST: 'a file has that name',
  ENOTDIR: 'a part of that path is a file',
  ENOENT: 'the system has no such folder',
  ELOOP: 'the path goes round in circles',
  ENOTSUP: 'the file system has no hard links',
  ENAMETOOLONG: 'the name is too long',
};

function unreadable(message: string): InklingError {
  return new InklingError(
    'ERR_DATA_UNREADABLE',
    message,
    'Use the version that wrote it, or choose another folder with --data or data.dir.',
  );
}
