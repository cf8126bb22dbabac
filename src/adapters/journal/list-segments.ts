import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InklingError } from '../../protocol/errors.ts';
import { decodeHeader, HEADER_BYTES, type SegmentHeader } from './segment-format.ts';

/** A segment of a journal as a file. */
export interface SegmentFile {
  readonly name: string;
  /** Position of its first event. */
  readonly first: number;
  readonly bytes: number;
  /** When it was begun, milliseconds since 1970; null: its header cannot be read. */
  readonly begunAt: number | null;
  /** Kernel that computed forecasts meanwhile; null: its header cannot be read. */
  readonly variant: string | null;
  /** Set aside by an earlier start, since it or one before it was damaged. */
  readonly isSetAside: boolean;
}

/** All segments of a folder, the oldest first; touches nothing. Empty when there is no folder. */
export async function listSegments(folder: string): Promise<SegmentFile[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files: SegmentFile[] = [];
  for (const name of names.filter((one) => /^\d{16}\.journal/.test(one)).sort()) {
    const path = join(folder, name);
    // A running service removes old ones.
    const found = await stat(path).catch(() => null);
    if (found === null) continue;
    const header = await headerOf(path);
    files.push({
      name,
      first: Number(name.slice(0, 16)),
      bytes: found.size,
      begunAt: header?.begunAt ?? null,
      variant: header?.variant ?? null,
      isSetAside: !name.endsWith('.journal'),
    });
  }
  return files;
}

async function headerOf(path: string): Promise<SegmentHeader | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const bytes = new Uint8Array(HEADER_BYTES);
    const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES, 0);
    return decodeHeader(bytes.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof InklingError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
