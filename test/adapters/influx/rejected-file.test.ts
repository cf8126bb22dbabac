import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RejectedLines } from '../../../src/adapters/influx/deliver-batch.ts';
import { RejectedFile } from '../../../src/adapters/influx/rejected-file.ts';
import { Notes } from './outbox-folder.ts';

function refused(text: string, message = 'field type conflict'): RejectedLines {
  return { lines: Buffer.from(text), lineCount: 1, count: 1, message };
}

describe('RejectedFile', () => {
  let folder: string;
  let notes: Notes;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inkling-rejected-'));
    notes = new Notes();
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function open(fileBytes?: number): RejectedFile {
    const path = join(folder, 'rejected.lp');
    const clock = { now: () => Date.parse('2026-08-02T10:00:00Z') };
    return new RejectedFile({ path, clock, log: notes, ...(fileBytes && { fileBytes }) });
  }

  const read = (name: string) => readFile(join(folder, name), 'utf8');

  it('keeps the lines, with the words of the server on one line before them', async () => {
    const file = open();
    file.keep(refused('m v="x" 1\n', 'field type\nconflict'));
    file.keep({ lines: Buffer.from('a\nb\n'), lineCount: 2, count: 1, message: 'partial' });
    await file.close();
    expect(await read('rejected.lp')).toBe(
      '# 2026-08-02T10:00:00.000Z: 1 of 1 refused: field type conflict\nm v="x" 1\n' +
        '# 2026-08-02T10:00:00.000Z: 1 of 2 refused: partial\na\nb\n',
    );
    expect(file.notKept).toBe(0);
  });

  it('goes on with the file of the process before', async () => {
    for (const text of ['first\n', 'second\n']) {
      const file = open();
      file.keep(refused(text));
      await file.close();
    }
    expect((await read('rejected.lp')).match(/^[^#].*$/gm)).toEqual(['first', 'second']);
  });

  it('renames a full file once, and never has more than two', async () => {
    const file = open(200);
    for (let index = 0; index < 10; index++) {
      file.keep(refused(`line${index}\n`));
      await file.close();
    }
    expect((await readdir(folder)).sort()).toEqual(['rejected.lp', 'rejected.lp.1']);
    const kept = (await read('rejected.lp.1')) + (await read('rejected.lp'));
    expect(kept.length).toBeLessThanOrEqual(400);
    expect(kept.match(/^line\d$/gm)).toEqual(['line6', 'line7', 'line8', 'line9']);
  });

  it('counts what it cannot keep, and says so once', async () => {
    await mkdir(join(folder, 'rejected.lp'));
    const file = open();
    file.keep(refused('a\n'));
    await file.close();
    file.keep(refused('b\n'));
    await file.close();
    expect(file.notKept).toBe(2);
    expect(notes.words.length).toBe(1);
    expect(notes.fields[0]).toContain('ERR_OUTBOX_WRITE');
    file.keep(refused('c'.repeat(5_000_000)));
    expect(file.notKept).toBe(3);
  });
});
