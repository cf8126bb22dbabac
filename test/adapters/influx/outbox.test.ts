import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outbox } from '../../../src/adapters/influx/outbox.ts';
import { drain, frontOf, linesOf, numbered, OutboxFolder } from './outbox-folder.ts';

/** Adds each group and brings it to the disk: one record each. */
async function addRecords(outbox: Outbox, ...groups: readonly (readonly string[])[]) {
  for (const group of groups) {
    outbox.add(linesOf(...group));
    await outbox.save();
  }
}

describe('Outbox', () => {
  let folder: OutboxFolder;
  let copies: OutboxFolder[];

  beforeEach(async () => {
    folder = await OutboxFolder.make();
    copies = [folder];
  });

  afterEach(async () => {
    for (const copy of copies) await copy.remove();
  });

  /** The folder as it would be if the process were killed now. */
  async function killed(): Promise<OutboxFolder> {
    const copy = await folder.copy();
    copies.push(copy);
    return copy;
  }

  it('gives batches in order from memory, each until it is settled', async () => {
    const outbox = folder.open({ batchPoints: 3 });
    outbox.add(linesOf('a', 'b'));
    expect(outbox.hasFullBatch).toBe(false);
    outbox.add(linesOf('ä', 'd', 'e'));
    expect(outbox).toMatchObject({ points: 5, bytes: 11, hasFullBatch: true, diskBytes: 0 });
    expect(await frontOf(outbox)).toEqual(['a', 'b', 'ä']);
    expect(await frontOf(outbox)).toEqual(['a', 'b', 'ä']);
    expect(outbox).toMatchObject({ points: 5, bytes: 11, hasFullBatch: false });
    outbox.settle();
    expect(await frontOf(outbox)).toEqual(['d', 'e']);
    outbox.add(linesOf('f'));
    expect(await frontOf(outbox)).toEqual(['d', 'e']);
    outbox.settle();
    expect(await frontOf(outbox)).toEqual(['f']);
    outbox.settle();
    expect(await frontOf(outbox)).toBeNull();
    expect(outbox).toMatchObject({ points: 0, bytes: 0, hasFullBatch: false, dropped: 0 });
  });

  it('cuts batches by bytes, and lets a longer line be a batch of its own', async () => {
    const outbox = folder.open({ batchBytes: 8 });
    outbox.add(linesOf('abc', 'def', 'g', 'h'.repeat(50_000), 'i'));
    const batches: (string[] | null)[] = [];
    for (let count = 0; count < 4; count++) {
      batches.push(await frontOf(outbox));
      outbox.settle();
    }
    expect(batches).toEqual([['abc', 'def'], ['g'], ['h'.repeat(50_000)], ['i']]);
  });

  it('goes on after a kill with what was not acknowledged', async () => {
    const outbox = folder.open({ batchPoints: 2 });
    await addRecords(outbox, numbered(5), ['a text with\na line feed'], numbered(2, 6));
    expect(await frontOf(outbox)).toEqual(['l0', 'l1']);
    outbox.settle();
    await outbox.front();
    await outbox.save();
    const again = (await killed()).open();
    expect(again).toMatchObject({ points: 6, hasFullBatch: true, dropped: 0, damaged: 0 });
    expect(await drain(again)).toEqual([
      ...numbered(3, 2),
      'a text with\na line feed',
      ...numbered(2, 6),
    ]);
    expect(again).toMatchObject({ points: 0, bytes: 0 });
  });

  it('joins small records to batches, and adds new lines behind them', async () => {
    await addRecords(folder.open(), ...numbered(10).map((text) => [text]));
    const again = (await killed()).open({ batchPoints: 4 });
    again.add(linesOf('new'));
    expect(await frontOf(again)).toEqual(numbered(4));
    again.settle();
    expect(await frontOf(again)).toEqual(numbered(4, 4));
    again.settle();
    expect(await drain(again)).toEqual(['l8', 'l9', 'new']);
  });

  it('reads back what memory does not keep, while more comes', async () => {
    const outbox = folder.open({ batchPoints: 10, recentBytes: 100, segmentBytes: 2_000 });
    const taken: string[] = [];
    for (let first = 0; first < 2_000; first += 20) {
      await addRecords(outbox, numbered(20, first));
      if (first % 60 === 0) {
        taken.push(...(await frontOf(outbox))!);
        outbox.settle();
      }
    }
    expect((await folder.names('.lines')).length).toBeGreaterThan(5);
    expect([...taken, ...(await drain(outbox))]).toEqual(numbered(2_000));
    expect(outbox).toMatchObject({ points: 0, bytes: 0, dropped: 0, damaged: 0 });
    await outbox.save();
    expect((await folder.names('.lines')).length).toBe(1);
  });

  it('does not write what was acknowledged before, nor takes it for lost', async () => {
    const outbox = folder.open();
    await addRecords(outbox, ['a']);
    outbox.add(linesOf('b'));
    await drain(outbox);
    outbox.add(linesOf('c'));
    await outbox.save();
    const again = (await killed()).open();
    expect(await drain(again)).toEqual(['c']);
    expect(again).toMatchObject({ dropped: 0, damaged: 0 });
    const [name] = await folder.names('.lines');
    expect((await readFile(folder.file(name!), 'latin1')).includes('b\n')).toBe(false);
  });

  it('leaves nothing but the cursor when it is closed empty', async () => {
    const outbox = folder.open();
    await addRecords(outbox, ['a', 'b']);
    await drain(outbox);
    await outbox.close();
    expect(await folder.names()).toEqual(['cursor']);
    const again = folder.open();
    again.add(linesOf('c'));
    await again.close();
    expect(await folder.names()).toEqual(['0000000000000002.lines', 'cursor']);
  });

  it('cuts the last record at any byte where its writer was interrupted', async () => {
    const outbox = folder.open();
    await addRecords(outbox, ['first', 'second'], ['third']);
    const [name] = await folder.names('.lines');
    const whole = await readFile(folder.file(name!));
    const last = whole.length - (40 + 4 + 6);
    for (let size = last; size < whole.length; size++) {
      const copy = await killed();
      await writeFile(copy.file(name!), whole.subarray(0, size));
      const again = copy.open();
      again.add(linesOf('after'));
      expect(await drain(again)).toEqual(['first', 'second', 'after']);
      expect(again).toMatchObject({ dropped: 0, damaged: 0 });
      const cuts = copy.notes.words.filter((words) => words.includes('Cut points'));
      expect(cuts.length).toBe(size === last ? 0 : 1);
    }
  });

  it('counts the lines of a damaged record wherever a bit flips, and sets the file aside', async () => {
    const outbox = folder.open();
    await addRecords(outbox, ['first'], ['second', 'third'], ['fourth']);
    await outbox.close();
    const [name] = await folder.names('.lines');
    const whole = await readFile(folder.file(name!));
    const start = 40 + 4 + 6;
    for (let at = start; at < start + 40 + 8 + 13; at++) {
      const copy = await killed();
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      await writeFile(copy.file(name!), flipped);
      const again = copy.open();
      again.add(linesOf('after'));
      expect(await drain(again)).toEqual(['first', 'fourth', 'after']);
      expect(again).toMatchObject({ points: 0, bytes: 0, dropped: 0, damaged: 2 });
      await again.close();
      expect(await copy.names('.corrupt')).toEqual([`${name}.corrupt`]);
      expect(await readFile(copy.file(`${name}.corrupt`))).toEqual(flipped);
    }
  });

  it('counts the last record when it is there in full and damaged', async () => {
    await addRecords(folder.open(), ['first'], ['second', 'third']);
    const copy = await killed();
    const [name] = await copy.names('.lines');
    const bytes = await readFile(copy.file(name!));
    bytes[bytes.length - 2]! ^= 1;
    await writeFile(copy.file(name!), bytes);
    const again = copy.open();
    expect(again.points).toBe(3);
    again.add(linesOf('after'));
    expect(await drain(again)).toEqual(['first', 'after']);
    expect(again.damaged).toBe(2);
  });

  it('counts the lines of a segment that has gone, first or in the middle', async () => {
    await addRecords(folder.open({ segmentBytes: 1 }), ['a'], ['b', 'c'], ['d']);
    for (const [index, left, lost] of [
      [0, ['b', 'c', 'd'], 1],
      [1, ['a', 'd'], 2],
    ] as const) {
      const copy = await killed();
      await rm(copy.file((await copy.names('.lines'))[index]!));
      const again = copy.open();
      expect(await drain(again)).toEqual(left);
      expect(again.damaged + again.dropped).toBe(lost);
    }
  });

  it('sends everything again when the cursor is damaged or missing', async () => {
    const outbox = folder.open({ batchPoints: 1 });
    await addRecords(outbox, ['a'], ['b']);
    await outbox.front();
    outbox.settle();
    await outbox.save();
    const cursor = await readFile((await killed()).file('cursor'));
    for (let at = 0; at < cursor.length; at++) {
      const copy = await killed();
      const flipped = Buffer.from(cursor);
      flipped[at]! ^= 1 << (at % 7);
      await writeFile(copy.file('cursor'), flipped);
      expect(await drain(copy.open())).toEqual(['a', 'b']);
      expect(await readFile(copy.file('cursor.corrupt'))).toEqual(flipped);
    }
    const copy = await killed();
    await rm(copy.file('cursor'));
    expect(await drain(copy.open())).toEqual(['a', 'b']);
  });

  it('drops the oldest segments beyond its bytes, and counts their lines', async () => {
    const outbox = folder.open({ segmentBytes: 100, outboxBytes: 400, batchPoints: 1 });
    expect(await frontOf(outbox)).toBeNull();
    await addRecords(outbox, ['l0']);
    expect(await frontOf(outbox)).toEqual(['l0']);
    for (let first = 1; first < 101; first += 4) await addRecords(outbox, numbered(4, first));
    expect(outbox.diskBytes).toBeLessThanOrEqual(400);
    expect(await frontOf(outbox)).toEqual(['l0']);
    const dropped = outbox.dropped;
    const again = (await killed()).open();
    expect(again.points).toBe(outbox.points - 1);
    expect(again.dropped).toBe(0);
    expect(again.damaged).toBe(1);
    outbox.settle();
    const left = await drain(outbox);
    expect(await drain(again)).toEqual(left);
    expect(outbox.dropped).toBe(dropped);
    expect(left).toEqual(numbered(left.length, 101 - left.length));
    expect(outbox.dropped).toBe(100 - left.length);
    expect(left.length).toBeGreaterThan(4);
    expect(folder.notes.words.filter((words) => words.includes('is full')).length).toBe(1);
  });

  it('drops segments that are too old', async () => {
    const outbox = folder.open({ segmentMs: 1_000, ageMs: 10_000 });
    await addRecords(outbox, ['a']);
    folder.now += 1_000;
    await addRecords(outbox, ['b']);
    folder.now += 9_001;
    await addRecords(outbox, ['c']);
    expect(await drain(outbox)).toEqual(['b', 'c']);
    expect(outbox.dropped).toBe(1);
  });

  it('keeps lines in memory while the disk fails, up to a bound, and goes on alone', async () => {
    const outbox = folder.open({ batchPoints: 2, unwrittenBytes: 30, recentBytes: 0 });
    const cursor = folder.file('cursor.new');
    await mkdir(cursor);
    await addRecords(outbox, numbered(4));
    expect(outbox.problem).toContain('EISDIR');
    expect(outbox).toMatchObject({ points: 4, dropped: 0 });
    await addRecords(outbox, numbered(10, 4));
    expect(outbox).toMatchObject({ points: 8, dropped: 6 });
    await rm(cursor, { recursive: true });
    await outbox.save();
    expect(outbox.problem).toBeNull();
    expect(await drain((await killed()).open())).toEqual(numbered(8, 6));
    expect(await drain(outbox)).toEqual(numbered(8, 6));
    expect(folder.notes.words.filter((words) => words.includes('cannot be written'))).toHaveLength(
      1,
    );
    expect(folder.notes.words.at(-1)).toContain('can be written again');
  });

  it('writes again what a full disk did not take', async () => {
    const outbox = folder.open({ recentBytes: 0 });
    await symlink('/dev/full', folder.file('0000000000000000.lines'));
    await addRecords(outbox, ['a', 'b']);
    expect(outbox.problem).toContain('ENOSPC');
    await addRecords(outbox, ['c']);
    await outbox.save();
    expect(outbox.problem).toBeNull();
    expect(await drain((await killed()).open())).toEqual(['a', 'b', 'c']);
    expect(await drain(outbox)).toEqual(['a', 'b', 'c']);
    expect(outbox).toMatchObject({ dropped: 0, damaged: 0 });
  });

  it('refuses a folder that it cannot use', async () => {
    await writeFile(folder.file('file'), '');
    const inFile = Object.assign(Object.create(folder), { path: folder.file('file') });
    expect(() => inFile.open()).toThrow(expect.objectContaining({ code: 'ERR_DATA_NOT_WRITABLE' }));
  });

  it('loses nothing uncounted and gives nothing twice, whatever comes', async () => {
    const command = fc.oneof(
      { weight: 4, arbitrary: fc.nat({ max: 9 }) },
      fc.constantFrom('front', 'settle', 'save', 'reopen'),
    );
    const limits = {
      ...{ batchPoints: 4, batchBytes: 40, segmentBytes: 150 },
      ...{ outboxBytes: 600, recentBytes: 30, unwrittenBytes: 100 },
    };
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const place = await OutboxFolder.make();
        let outbox = place.open(limits);
        let added = 0;
        let lost = 0;
        const settled: string[] = [];
        let front: string[] | null = null;
        for (const next of commands) {
          if (next === 'front') front = await frontOf(outbox);
          else if (next === 'save') await outbox.save();
          else if (next === 'settle') {
            if (front !== null) settled.push(...front);
            front = null;
            outbox.settle();
          } else if (next === 'reopen') {
            await outbox.close();
            front = null;
            lost += outbox.dropped + outbox.damaged;
            outbox = place.open(limits);
          } else {
            outbox.add(linesOf(...numbered(next as number, added)));
            added += next as number;
          }
          expect(settled.length + outbox.points + outbox.dropped + outbox.damaged + lost).toBe(
            added,
          );
        }
        settled.push(...(await drain(outbox)));
        expect(settled.length + outbox.dropped + outbox.damaged + lost).toBe(added);
        const numbers = settled.map((text) => Number(text.slice(1)));
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        await place.remove();
      }),
      { numRuns: 200 },
    );
  });
});
