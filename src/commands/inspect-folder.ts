import { join } from 'node:path';
import { type FolderContents, lookIntoFolder } from '../adapters/data-folder/folder-contents.ts';
import { listSegments, type SegmentFile } from '../adapters/journal/list-segments.ts';
import {
  listSnapshots,
  readSnapshotFile,
  type SnapshotFile,
} from '../adapters/snapshot/snapshot-files.ts';
import { nearestWord } from '../config/nearest-word.ts';
import { type DecodedSnapshot, decodeSnapshot } from '../engine/snapshot-format.ts';
import {
  type SnapshotOverview,
  type SnapshotStream,
  snapshotIds,
  snapshotOverview,
  snapshotStream,
} from '../engine/snapshot-views.ts';
import { InklingError } from '../protocol/errors.ts';

/** What a data folder holds; `--json` prints it as it is. */
export interface FolderReport extends FolderContents {
  readonly snapshots: readonly SnapshotReport[];
  /** Segments of the journal, the oldest first. */
  readonly journal: readonly SegmentFile[];
  /** The newest snapshot that can be read; null: none was written yet. */
  readonly newest: (SnapshotOverview & { readonly name: string }) | null;
  /** Ids of the first streams, at most 20. */
  readonly streams: readonly string[];
  /** The stream asked for; null: none was. */
  readonly stream: SnapshotStream | null;
}

interface SnapshotReport extends SnapshotFile {
  /** Why it cannot be read; null: it can, or an older one was not looked into. */
  readonly problem: string | null;
}

/** Streams that are listed without being asked for. */
const idsMax = 20;
/** Readings shown of a stream. */
const historyMax = 12;

/**
 * Looks into a data folder, which may be in use. ERR_DATA_MISSING when there is no such folder or
 * stream; ERR_DATA_UNREADABLE when it is no data folder, or none of its snapshots can be read.
 */
export async function inspectFolder(path: string, stream: string | null): Promise<FolderReport> {
  const contents = await lookIntoFolder(path);
  const folder = join(contents.dir, 'snapshots');
  const files = await listSnapshots(folder);
  const problems = new Map<string, string>();
  const newest = await newestReadable(folder, files, problems);
  if (newest === null && problems.size > 0) {
    const why = [...problems.values()][0];
    const message = `none of the snapshots in ${folder} can be read: ${why}`;
    throw new InklingError('ERR_DATA_UNREADABLE', message);
  }
  const ids = newest === null ? [] : snapshotIds(newest.snapshot);
  return {
    ...contents,
    snapshots: files.map((file) => ({ ...file, problem: problems.get(file.name) ?? null })),
    journal: await listSegments(join(contents.dir, 'journal')),
    newest: newest && { name: newest.name, ...snapshotOverview(newest.snapshot) },
    streams: ids.slice(0, idsMax),
    stream: stream === null ? null : findStream(newest?.snapshot ?? null, stream, ids),
  };
}

async function newestReadable(
  folder: string,
  files: readonly SnapshotFile[],
  problems: Map<string, string>,
): Promise<{ name: string; snapshot: DecodedSnapshot } | null> {
  for (const { name, isSetAside } of files) {
    const bytes = isSetAside ? null : await readSnapshotFile(folder, name);
    if (bytes === null) continue;
    try {
      return { name, snapshot: decodeSnapshot(bytes) };
    } catch (error) {
      if (!(error instanceof InklingError)) throw error;
      problems.set(name, error.message);
    }
  }
  return null;
}

function findStream(snapshot: DecodedSnapshot | null, id: string, ids: readonly string[]) {
  const found = snapshot === null ? null : snapshotStream(snapshot, id, historyMax);
  if (found !== null) return found;
  const near = nearestWord(id, ids);
  throw new InklingError(
    'ERR_DATA_MISSING',
    `the newest snapshot has no stream ${JSON.stringify(id)}`,
    near === null ? null : `Did you mean ${JSON.stringify(near)}?`,
  );
}
