import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openSyncedFolder,
  type SyncedFolder,
} from '../../../src/adapters/journal/synced-folder.ts';
import { FaultyFolder } from './faulty-folder.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'inkling-folder-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const bytes = (...list: number[]) => Uint8Array.from(list);
const content = async (folder: SyncedFolder, name: string) => [...(await folder.read(name))];

const kinds: Record<string, () => Promise<SyncedFolder>> = {
  'on a disk': () => openSyncedFolder(join(path, 'made', 'below')),
  'in memory, as tests use it': () => Promise.resolve(new FaultyFolder()),
};

describe.each(Object.keys(kinds))('a synced folder %s', (kind) => {
  it('keeps files that grow, and whole ones, in the order of their names', async () => {
    const folder = await kinds[kind]!();
    const file = await folder.create('b');
    await file.write(bytes(1, 2));
    await file.write(bytes(3));
    await file.sync();
    await file.close();
    await folder.write('a', bytes(9));
    await folder.sync();
    expect(await folder.list()).toEqual(['a', 'b']);
    expect(await content(folder, 'b')).toEqual([1, 2, 3]);
    expect(await folder.size('b')).toBe(3);
    expect([...(await folder.readStart('b', 2))]).toEqual([1, 2]);
    expect([...(await folder.readStart('b', 9))]).toEqual([1, 2, 3]);
  });

  it('makes no file twice', async () => {
    const folder = await kinds[kind]!();
    await (await folder.create('a')).close();
    await expect(folder.create('a')).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('cuts, copies, renames and removes', async () => {
    const folder = await kinds[kind]!();
    await folder.write('a', bytes(1, 2, 3));
    await folder.copy('a', 'b');
    await folder.truncate('a', 1);
    await folder.rename('b', 'c');
    expect(await folder.list()).toEqual(['a', 'c']);
    expect(await content(folder, 'a')).toEqual([1]);
    expect(await content(folder, 'c')).toEqual([1, 2, 3]);
    await folder.remove('a');
    await folder.remove('a');
    expect(await folder.list()).toEqual(['c']);
    await expect(folder.read('a')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
