import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InklingError } from '../../protocol/errors.ts';
import { type FolderFormat, readFormat } from './data-folder.ts';
import { folderHolder } from './folder-lock.ts';

/** What a data folder is and who uses it, for those who only look. */
export interface FolderContents {
  /** Absolute. */
  readonly dir: string;
  readonly format: FolderFormat;
  /** Process that uses it now; null: none. */
  readonly holder: number | null;
  /** Its parts, by name. */
  readonly rooms: readonly FolderRoom[];
}

interface FolderRoom {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Looks into a data folder without touching it, whoever uses it. ERR_DATA_MISSING when there is no
 * such folder, ERR_DATA_UNREADABLE when it is none of ours, or of a version we do not know.
 */
export async function lookIntoFolder(path: string): Promise<FolderContents> {
  const dir = resolve(path);
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    const format = await readFormat(dir);
    if (format === null) throw unreadable(dir, 'it has no format.json');
    const rooms: FolderRoom[] = [];
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== 'lock') rooms.push(await roomOf(dir, entry.name));
    }
    rooms.sort((a, b) => (a.name < b.name ? -1 : 1));
    return { dir, format, holder: await folderHolder(dir), rooms };
  } catch (error) {
    if (error instanceof InklingError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new InklingError('ERR_DATA_MISSING', `there is no data folder ${JSON.stringify(path)}`);
    }
    throw unreadable(dir, code === 'ENOTDIR' ? 'it is a file' : message);
  }
}

async function roomOf(dir: string, name: string): Promise<FolderRoom> {
  const below = await readdir(join(dir, name), { withFileTypes: true, recursive: true });
  let files = 0;
  let bytes = 0;
  for (const entry of below) {
    if (!entry.isFile()) continue;
    // Whoever uses the folder may remove a file meanwhile.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => null);
    if (found === null) continue;
    files++;
    bytes += found.size;
  }
  return { name, files, bytes };
}

function unreadable(dir: string, why: string): InklingError {
  return new InklingError('ERR_DATA_UNREADABLE', `expected a data folder at ${dir}, but ${why}`);
}
