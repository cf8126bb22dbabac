import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotStore } from '../../../src/adapters/snapshot/snapshot-store.ts';
import { InklingError } from '../../../src/protocol/errors.ts';

let folder: string;
let lines: string[];
let store: SnapshotStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkling-snapshots-'));
  lines = [];
  const tell = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  store = new SnapshotStore(folder, { info: tell, warn: tell, error: tell });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (value: string) => [Buffer.from(value)];
const file = (position: number) => `${String(position).padStart(16, '0')}.snapshot`;

/** Accepts what ends in a full stop. */
function decode(bytes: ArrayBuffer): string {
  const decoded = Buffer.from(bytes).toString();
  if (decoded.startsWith('v9')) throw new InklingError('ERR_SNAPSHOT_VERSION', 'Version 9.');
  if (!decoded.endsWith('.')) throw new InklingError('ERR_SNAPSHOT_CORRUPT', 'It has no end.');
  return decoded;
}

describe('SnapshotStore', () => {
  it('has nothing to read in a folder that is empty or missing', async () => {
    const nothing = { snapshot: null, setAside: [] };
    expect(await store.read(decode)).toEqual(nothing);
    await rm(folder, { recursive: true });
    expect(await store.read(decode)).toEqual(nothing);
    await store.write(1, text('made.'));
    expect((await store.read(decode)).snapshot).toEqual({ position: 1, value: 'made.' });
  });

  it('reads the newest and keeps the one before, ordered by position', async () => {
    for (const position of [9, 10, 99, 100]) await store.write(position, text(`${position}.`));
    expect((await readdir(folder)).sort()).toEqual([file(99), file(100)]);
    expect((await store.read(decode)).snapshot).toEqual({ position: 100, value: '100.' });
  });

  it('returns the very bytes, in whatever pieces they came', async () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 300_000 }), fc.constant(1_048_577));
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { maxLength: 12 }), async (pieces) => {
        const expected = Buffer.concat(pieces.map((size, index) => Buffer.alloc(size, index + 1)));
        await store.write(1, reusedPieces(pieces));
        const { snapshot } = await store.read((bytes) => Buffer.from(bytes));
        expect(snapshot!.value.equals(expected)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('sets a corrupt snapshot aside, names it in the log and reads the one before', async () => {
    await store.write(1, text('first.'));
    await store.write(2, text('second.'));
    await truncate(join(folder, file(2)), 3);
    expect(await store.read(decode)).toEqual({
      snapshot: { position: 1, value: 'first.' },
      setAside: [`${file(2)}.corrupt`],
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${file(2)}.corrupt`);
    expect(await readFile(join(folder, `${file(2)}.corrupt`), 'utf8')).toBe('sec');
    expect((await store.read(decode)).setAside).toEqual([]);
  });

  it('tells a snapshot of another version from a corrupt one', async () => {
    await store.write(1, text('v9.'));
    expect(await store.read(decode)).toEqual({
      snapshot: null,
      setAside: [`${file(1)}.other-version`],
    });
  });

  it('leaves everything as it is when decoding fails for another reason', async () => {
    await store.write(1, text('fine.'));
    const failing = store.read(() => {
      throw new RangeError('no memory');
    });
    await expect(failing).rejects.toThrow('no memory');
    expect(await readdir(folder)).toEqual([file(1)]);
  });

  it('keeps no more than two that were set aside', async () => {
    for (const position of [1, 2, 3, 4]) {
      await store.write(position, text('broken'));
      await store.read(decode);
    }
    expect((await readdir(folder)).sort()).toEqual([`${file(3)}.corrupt`, `${file(4)}.corrupt`]);
  });

  it('ignores what a killed write left behind', async () => {
    await store.write(1, text('whole.'));
    await writeFile(join(folder, 'writing.part'), 'half.');
    expect((await store.read(decode)).snapshot?.value).toBe('whole.');
    await store.write(2, text('next.'));
    expect((await readdir(folder)).sort()).toEqual([file(1), file(2)]);
  });

  it('keeps the snapshots it has when making a new one fails half-way', async () => {
    await store.write(1, text('first.'));
    function* failing() {
      yield Buffer.alloc(3_000_000);
      throw new RangeError('half-way');
    }
    await expect(store.write(2, failing())).rejects.toThrow('half-way');
    expect(await readdir(folder)).toEqual([file(1)]);
    await store.write(3, text('third.'));
    expect((await store.read(decode)).snapshot?.value).toBe('third.');
  });

  it('says so when the folder cannot be written', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    const log = { info() {}, warn() {}, error() {} };
    const blocked = new SnapshotStore(join(path, 'below'), log);
    await expect(blocked.write(1, text('x.'))).rejects.toMatchObject({
      code: 'ERR_DATA_NOT_WRITABLE',
    });
  });

  it('writes one after the other when asked for two at once', async () => {
    await Promise.all([store.write(1, text('first.')), store.write(2, text('second.'))]);
    expect((await readdir(folder)).sort()).toEqual([file(1), file(2)]);
  });
});

/** Each piece is overwritten as soon as the next is asked for. */
function* reusedPieces(sizes: readonly number[]): Iterable<Uint8Array> {
  const buffer = Buffer.alloc(2_000_000);
  for (const [index, size] of sizes.entries()) {
    yield buffer.subarray(0, size).fill(index + 1);
    buffer.fill(0xee);
  }
}
