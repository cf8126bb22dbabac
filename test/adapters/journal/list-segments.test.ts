import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listSegments } from '../../../src/adapters/journal/list-segments.ts';
import { segmentName } from '../../../src/adapters/journal/segment-format.ts';
import { emptyDisk, eventOf, openJournal } from './journal-under-test.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkling-segments-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('listSegments', () => {
  it('tells of each segment where it begins, when it was begun, and whether it was set aside', async () => {
    const disk = emptyDisk();
    const journal = openJournal(disk, 6);
    await journal.append(eventOf(7));
    await journal.close();
    const bytes = disk.segments.get(segmentName(7));
    const path = join(folder, 'journal');
    await mkdir(path);
    await writeFile(join(path, segmentName(7)), bytes);
    await writeFile(join(path, `${segmentName(3)}.corrupt`), 'not a segment');
    await writeFile(join(path, 'other'), 'not ours');
    expect(await listSegments(path)).toEqual([
      {
        name: `${segmentName(3)}.corrupt`,
        first: 3,
        bytes: 13,
        begunAt: null,
        variant: null,
        isSetAside: true,
      },
      {
        name: segmentName(7),
        first: 7,
        bytes: bytes.length,
        begunAt: 1_000_000,
        variant: 'readable',
        isSetAside: false,
      },
    ]);
  });

  it('is empty where there is no journal', async () => {
    expect(await listSegments(join(folder, 'missing'))).toEqual([]);
  });
});
