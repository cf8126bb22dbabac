import { describe, expect, it } from 'vitest';
import { segmentName } from '../../../src/adapters/journal/segment-format.ts';
import { FaultPlan, FaultyFolder } from './faulty-folder.ts';
import {
  type Disk,
  emptyDisk,
  eventOf,
  eventsOf,
  openJournal,
  quiet,
  readAll,
  recover,
} from './journal-under-test.ts';

/** A journal of `groups`, each of so many events, in one segment or more. */
async function written(
  groups: readonly number[],
  { segmentBytes = 1e6, position = 0, isClosed = true, disk = emptyDisk() } = {},
): Promise<Disk> {
  const journal = openJournal(disk, position, { segmentBytes });
  let next = position + 1;
  for (const count of groups) {
    const group = eventsOf(next, next + count - 1).map((event) => journal.append(event));
    await Promise.all(group);
    next += count;
  }
  if (isClosed) await journal.close();
  return disk;
}

/** The same disk with one segment changed. */
function changed(disk: Disk, name: string, change: (bytes: Uint8Array) => Uint8Array): Disk {
  const segments = copyOf(disk.segments);
  segments.put(name, change(disk.segments.get(name)));
  return { segments, weights: copyOf(disk.weights) };
}

function copyOf(folder: FaultyFolder, plan = new FaultPlan()): FaultyFolder {
  const copy = new FaultyFolder(plan);
  for (const name of folder.names()) copy.put(name, folder.get(name));
  return copy;
}

const flip = (at: number) => (bytes: Uint8Array) => {
  bytes[at]! ^= 1 << (at % 8);
  return bytes;
};
const names = (disk: Disk) => disk.segments.names();

describe('recovering a journal', () => {
  it('folds what follows the position, with its weights', async () => {
    const disk = await written([2, 5, 1, 9], { segmentBytes: 100 });
    for (let position = 0; position <= 17; position++) {
      const recovered = await recover(disk, position);
      expect(recovered).toMatchObject({ position: 17, events: 17 - position, tornBytes: 0 });
      expect(recovered.folded).toEqual(eventsOf(position + 1, 17));
      expect([...recovered.variants]).toEqual(['readable']);
    }
  });

  it('folds nothing from an empty folder', async () => {
    expect(await recover(emptyDisk(), 7)).toMatchObject({ position: 7, events: 0, setAside: [] });
  });

  it('goes on behind a snapshot that is newer than the end of the journal', async () => {
    const disk = await written([3]);
    expect(await recover(disk, 10)).toMatchObject({ position: 10, events: 0, setAside: [] });
    await written([2], { position: 10, disk });
    expect((await recover(disk, 10)).folded).toEqual(eventsOf(11, 12));
    // Whoever needs what is missing in between gets what is before, and nothing that is after.
    const older = await recover(disk, 2);
    expect(older.folded).toEqual(eventsOf(3, 3));
    expect(older.setAside.map(({ name }) => name)).toEqual([`${segmentName(11)}.corrupt`]);
  });

  it('cuts a torn tail, at whichever byte of the last group the write has ended', async () => {
    const whole = await written([2, 3], { isClosed: false });
    const [name] = names(whole);
    const two = (await written([2], { isClosed: false })).segments.get(name!).length;
    const all = whole.segments.get(name!).length;
    let last = 2;
    for (let length = two; length <= all; length++) {
      const lines: string[] = [];
      const log = { ...quiet, warn: (_: object, text: string) => lines.push(text) };
      const disk = changed(whole, name!, (bytes) => bytes.slice(0, length));
      const { position, folded, tornBytes } = await recover(disk, 0, log);
      expect(position).toBeGreaterThanOrEqual(last);
      expect(folded).toEqual(eventsOf(1, position));
      expect(disk.segments.get(name!).length).toBe(length - tornBytes);
      expect(lines.length).toBe(tornBytes > 0 ? 1 : 0);
      expect((await readAll(disk)).end.damage).toBeNull();
      last = position;
    }
    expect(last).toBe(5);
  });

  it('cuts a tail of zeros, as a file system may leave it', async () => {
    const whole = await written([2], { isClosed: false });
    const [name] = names(whole);
    const disk = changed(whole, name!, (bytes) => Uint8Array.of(...bytes, ...new Uint8Array(999)));
    expect(await recover(disk)).toMatchObject({ position: 2, tornBytes: 999, setAside: [] });
  });

  it('removes a segment whose first write did not end', async () => {
    const before = await written([2]);
    const disk = await written([1], { position: 2, disk: before, isClosed: false });
    const torn = segmentName(3);
    const { length } = disk.segments.get(torn);
    for (let left = 0; left < length; left++) {
      const cut = changed(disk, torn, (bytes) => bytes.slice(0, left));
      expect(await recover(cut)).toMatchObject({ position: 2, setAside: [] });
      expect(names(cut)).toEqual([segmentName(1)]);
    }
  });

  it('refuses every flipped bit in a journal that was closed, and sets it aside', async () => {
    const whole = await written([2, 1, 3]);
    const [name] = names(whole);
    const bytes = whole.segments.get(name!);
    const endMark = bytes.length - 16;
    for (let at = 0; at < endMark; at++) {
      const disk = changed(whole, name!, flip(at));
      const { folded, position, setAside, tornBytes } = await recover(disk);
      expect(position).toBeLessThan(6);
      expect(folded).toEqual(eventsOf(1, position));
      expect(tornBytes).toBe(0);
      expect(setAside).toEqual([{ name: `${name}.corrupt`, bytes: bytes.length }]);
      expect(disk.segments.get(`${name}.corrupt`)).toEqual(flip(at)(bytes.slice()));
      expect((await readAll(disk)).end).toMatchObject({ position, damage: null });
    }
  });

  it('never takes a flipped bit for something else, nor ends early without a word', async () => {
    const whole = await written([2, 1, 3], { isClosed: false });
    const [name] = names(whole);
    const { length } = whole.segments.get(name!);
    for (let at = 0; at < length; at++) {
      const { folded, position, setAside, tornBytes } = await recover(
        changed(whole, name!, flip(at)),
      );
      expect(folded).toEqual(eventsOf(1, position));
      expect(position < 6 && setAside.length === 0 && tornBytes === 0).toBe(false);
      // Only the last group may be taken for torn: nothing behind it proves that it ever was durable.
      if (setAside.length === 0) expect(position).toBeGreaterThanOrEqual(3);
    }
  });

  it('sets later segments aside too, names them with their bytes, and goes on before them', async () => {
    const whole = await written([4, 4, 4, 4], { segmentBytes: 50 });
    const [, second, third, fourth] = names(whole);
    const disk = changed(whole, second!, flip(110));
    const lines: object[] = [];
    const log = { ...quiet, error: (fields: object) => lines.push(fields) };
    const { position, folded } = await recover(disk, 0, log);
    expect(folded).toEqual(eventsOf(1, position));
    expect(position).toBeGreaterThanOrEqual(4);
    expect(position).toBeLessThan(8);
    expect(lines).toMatchObject([
      {
        code: 'ERR_JOURNAL_CORRUPT',
        segment: second,
        position,
        setAside: [`${second}.corrupt`, `${fourth}.aside`, `${third}.aside`],
      },
    ]);
    const journal = openJournal(disk, position);
    await journal.append(eventOf(position + 1));
    await journal.close();
    expect((await recover(disk)).folded).toEqual(eventsOf(1, position + 1));
  });

  it('sees a segment that is missing', async () => {
    const disk = await written([4, 4, 4], { segmentBytes: 50 });
    const [first, second, third] = names(disk);
    await disk.segments.remove(second!);
    const { folded, setAside } = await recover(disk);
    expect(folded).toEqual(eventsOf(1, 4));
    expect(setAside.map(({ name }) => name)).toEqual([`${third}.corrupt`]);
    expect(names(disk)).toEqual([first, `${third}.corrupt`]);
  });

  it('passes damage that lies before the position, and says so', async () => {
    const whole = await written([4, 4, 4]);
    const [name] = names(whole);
    const lines: object[] = [];
    const log = { ...quiet, warn: (fields: object) => lines.push(fields) };
    const recovered = await recover(changed(whole, name!, flip(100)), 5, log);
    expect(recovered).toMatchObject({ position: 12, setAside: [] });
    expect(recovered.folded).toEqual(eventsOf(6, 12));
    expect(lines).toMatchObject([{ code: 'ERR_JOURNAL_CORRUPT' }]);
  });

  it('stops before weights that are missing or damaged', async () => {
    const lose = (disk: Disk, name: string) => disk.weights.remove(name);
    const spoil = async (disk: Disk, name: string) =>
      disk.weights.put(name, flip(2)(disk.weights.get(name)));
    for (const harm of [lose, spoil]) {
      const disk = await written([8]);
      await harm(disk, disk.weights.names()[0]!);
      const { folded, setAside } = await recover(disk);
      expect(folded).toEqual(eventsOf(1, 2));
      expect(setAside).toHaveLength(1);
      // Other weights may come at that position now.
      const again = await written([2], { position: 2, disk });
      expect((await recover(again)).folded).toEqual(eventsOf(1, 4));
    }
  });

  it('can be interrupted at every call and ends the same', async () => {
    const whole = await written([4, 4, 4, 4], { segmentBytes: 50 });
    const second = names(whole)[1]!;
    const damaged = changed(whole, second, flip(110));
    const expected = await recover(changed(damaged, second, (bytes) => bytes));
    for (let n = 1; ; n++) {
      const plan = new FaultPlan('after', n, 1);
      const disk = { segments: copyOf(damaged.segments, plan), weights: damaged.weights };
      const isThrough = await recover(disk).then(
        () => true,
        () => false,
      );
      if (isThrough) break;
      const { position, folded } = await recover(disk);
      expect(position).toBe(expected.position);
      expect(folded).toEqual(expected.folded);
      expect(names(disk).filter((name) => name.endsWith('.corrupt'))).toEqual([
        `${second}.corrupt`,
      ]);
    }
  });
});
