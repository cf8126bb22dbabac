import { InklingError } from '../../protocol/errors.ts';
import { decodeHeader, firstOfName, HEADER_BYTES } from './segment-format.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { WeightsFiles } from './weights-files.ts';

export interface RetentionOptions {
  readonly folder: SyncedFolder;
  readonly weights: WeightsFiles;
  /** Events are kept so long, milliseconds; null: that does not count. */
  readonly retainMs: number | null;
  /** Segments take at most so many bytes, as far as that can be. */
  readonly retainBytes: number;
  /** Position of the oldest snapshot that is kept; all events after it stay. */
  readonly neededAfter: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Retention {
  /** Segments that were removed, and that are left. */
  readonly removed: number;
  readonly segments: number;
  readonly bytes: number;
}

/**
 * Removes the oldest segments that are too old or too many, whichever comes first, with their
 * weights. A segment's events are older than the segment behind it.
 */
export async function retainSegments(options: RetentionOptions): Promise<Retention> {
  const { folder, weights, retainMs, retainBytes, neededAfter, now } = options;
  const names = (await folder.list()).filter((name) => firstOfName(name) !== null);
  const sizes = await Promise.all(names.map((name) => folder.size(name)));
  let bytes = sizes.reduce((sum, size) => sum + size, 0);
  let removed = 0;
  for (const [index, name] of names.entries()) {
    const next = names[index + 1];
    if (next === undefined || firstOfName(next)! > neededAfter + 1) break;
    const isOld = retainMs !== null && now - (await begunAt(folder, next)) > retainMs;
    if (!isOld && bytes <= retainBytes) break;
    await folder.remove(name);
    bytes -= sizes[index]!;
    removed += 1;
  }
  const first = names[removed];
  if (removed > 0 && first !== undefined) {
    await folder.sync();
    await weights.removeBefore(firstOfName(first)!);
  }
  return { removed, segments: names.length - removed, bytes };
}

/** A header that cannot be read makes nothing old: whoever reads that segment will tell. */
async function begunAt(folder: SyncedFolder, name: string): Promise<number> {
  try {
    return decodeHeader(await folder.readStart(name, HEADER_BYTES)).begunAt;
  } catch (error) {
    if (error instanceof InklingError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
