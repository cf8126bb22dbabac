import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A snapshot as a file; see `SnapshotStore` for the names. */
export interface SnapshotFile {
  readonly name: string;
  readonly position: number;
  readonly bytes: number;
  /** When it was written, ms since 1970. */
  readonly writtenAt: number;
  /** Set aside by an earlier start, since it was damaged or of another version. */
  readonly isSetAside: boolean;
}

/** All snapshots of a folder, the newest first; touches nothing. Empty when there is no folder. */
export async function listSnapshots(folder: string): Promise<SnapshotFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files: SnapshotFile[] = [];
  for (const name of names
    .filter((one) => /^\d{16}\.snapshot/.test(one))
    .sort()
    .reverse()) {
    // A running service removes old ones.
    const found = await stat(join(folder, name)).catch(() => null);
    if (found === null) continue;
    files.push({
      name,
      position: Number(name.slice(0, 16)),
      bytes: found.size,
      writtenAt: Math.round(found.mtimeMs),
      isSetAside: !name.endsWith('.snapshot'),
    });
  }
  return files;
}

/** The bytes of a snapshot, fit to be decoded; null when it is gone meanwhile. */
export async function readSnapshotFile(folder: string, name: string): Promise<Uint8Array | null> {
  try {
    // A copy, since the buffer may be a part of a pool and begin at an odd offset.
    return new Uint8Array(await readFile(join(folder, name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
