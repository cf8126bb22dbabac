import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A folder of files that survive a power cut: the few calls that the journal makes, so that a test
 * can let any of them fail. Errors are those of the system.
 */
export interface SyncedFolder {
  /** Names, in ascending order. */
  list(): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
  /** The first bytes of a file, fewer when it is shorter. */
  readStart(name: string, bytes: number): Promise<Uint8Array>;
  /** Bytes. */
  size(name: string): Promise<number>;
  /** A new file; EEXIST when there is one. Its name is durable after `sync`. */
  create(name: string): Promise<SyncedFile>;
  /** Puts a whole file there; durable after `sync`. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Durable when it resolves. */
  truncate(name: string, bytes: number): Promise<void>;
  /** The copy's bytes are durable when it resolves, its name after `sync`. */
  copy(name: string, target: string): Promise<void>;
  rename(name: string, target: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(name: string): Promise<void>;
  /** Makes names durable. */
  sync(): Promise<void>;
}

/** A file that grows at its end. */
export interface SyncedFile {
  /** Resolves when the system has taken all of it. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was written is durable when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The folder at this path, which is made with all above it. */
export async function openSyncedFolder(path: string): Promise<SyncedFolder> {
  await mkdir(path, { recursive: true });
  const at = (name: string) => join(path, name);
  return {
    list: async () => (await readdir(path)).sort(),
    read: (name) => readFile(at(name)),
    readStart: (name, bytes) => readStart(at(name), bytes),
    size: async (name) => (await stat(at(name))).size,
    create: async (name) => appendable(await open(at(name), 'wx')),
    write: (name, bytes) => withFile(at(name), 'w', (file) => writeAll(file, bytes)),
    truncate: (name, bytes) => withFile(at(name), 'r+', (file) => file.truncate(bytes)),
    copy: async (name, target) => {
      await copyFile(at(name), at(target));
      await withFile(at(target), 'r+', async () => {});
    },
    rename: (name, target) => rename(at(name), at(target)),
    remove: (name) => rm(at(name), { force: true }),
    sync: () => syncFolder(path),
  };
}

async function readStart(path: string, bytes: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const start = new Uint8Array(bytes);
    return start.subarray(0, (await file.read(start, 0, bytes, 0)).bytesRead);
  } finally {
    await file.close();
  }
}

function appendable(file: FileHandle): SyncedFile {
  return {
    write: (bytes) => writeAll(file, bytes),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

async function withFile(
  path: string,
  flags: string,
  action: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await action(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The system may take less than it was offered. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    offset += (await file.write(bytes, offset, bytes.length - offset)).bytesWritten;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
