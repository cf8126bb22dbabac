import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../../src/adapters/data-folder/data-folder.ts';
import { identifyProcess } from '../../../src/adapters/data-folder/process-identity.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'inkling-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const open = (dir: string) => openDataFolder({ dir, version: '1.2.3', now: 0 });

async function writeLock(dir: string, content: string, number = 1): Promise<void> {
  await mkdir(join(dir, 'lock'), { recursive: true });
  await writeFile(join(dir, 'lock', `${number}`), content);
}

describe('openDataFolder', () => {
  it('makes the folder with its parents and notes the format', async () => {
    const dir = join(root, 'a', 'b');
    const folder = await open(dir);
    expect(folder.dir).toBe(dir);
    expect(folder.path('journal', '1')).toBe(join(dir, 'journal', '1'));
    expect(JSON.parse(await readFile(join(dir, 'format.json'), 'utf8'))).toEqual({
      format: 1,
      created: '1970-01-01T00:00:00.000Z',
      version: '1.2.3',
    });
    expect((await readdir(dir)).sort()).toEqual(['format.json', 'lock']);
    await folder.release();
  });

  it('keeps the format it finds', async () => {
    await (await open(root)).release();
    const later = await openDataFolder({ dir: root, version: '2.0.0', now: 1e12 });
    expect(later.format).toEqual({
      format: 1,
      created: '1970-01-01T00:00:00.000Z',
      version: '1.2.3',
    });
    await later.release();
  });

  it('refuses a folder that this process holds already, and takes it once released', async () => {
    const first = await open(root);
    await expect(open(root)).rejects.toMatchObject({
      code: 'ERR_DATA_LOCKED',
      message: `Expected to be alone in the data folder ${root}, but process ${process.pid} is using it.`,
    });
    await first.release();
    await first.release();
    await (await open(root)).release();
  });

  it('lets one in when many come at once, whether the lock is free or stale', async () => {
    for (const stale of [false, true]) {
      const dir = join(root, `${stale}`);
      if (stale) await writeLock(dir, '{"pid":999999999,"startTicks":"1","boot":null}', 7);
      const attempts = await Promise.allSettled(Array.from({ length: 30 }, () => open(dir)));
      const opened = attempts.filter((attempt) => attempt.status === 'fulfilled');
      const codes = attempts.flatMap((a) => (a.status === 'rejected' ? [a.reason.code] : []));
      expect(opened).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(['ERR_DATA_LOCKED']));
    }
  });

  it('takes over a lock that names a running pid which started at another time', async () => {
    const self = identifyProcess(process.pid);
    expect(self.startTicks).toMatch(/^\d+$/);
    await writeLock(root, JSON.stringify({ ...self, startTicks: '1' }));
    await (await open(root)).release();
  });

  it('takes over a lock from before the last boot', async () => {
    const self = identifyProcess(process.pid);
    await writeLock(root, JSON.stringify({ ...self, boot: 'another' }));
    await (await open(root)).release();
  });

  it('respects a lock that names a running pid without a start time', async () => {
    await writeLock(root, JSON.stringify({ pid: process.ppid }));
    await expect(open(root)).rejects.toMatchObject({ code: 'ERR_DATA_LOCKED' });
  });

  it('takes over a lock that is half written', async () => {
    await writeLock(root, '{"pid":1');
    await (await open(root)).release();
  });

  it('keeps at most two lock files however often it is opened', async () => {
    for (let turn = 0; turn < 5; turn++) await (await open(root)).release();
    expect((await readdir(join(root, 'lock'))).sort()).toEqual(['4', '5']);
  });

  it('says in one sentence why the folder cannot be written', async () => {
    await writeFile(join(root, 'file'), '');
    await symlink(join(root, 'loop'), join(root, 'loop'));
    const cases = [
      [join(root, 'file'), 'a file has that name'],
      [join(root, 'file', 'below'), 'a part of that path is a file'],
      ['/proc/inkling', 'the system has no such folder'],
      ['/proc/inkling/below', 'the system has no such folder'],
      [join(root, 'loop'), 'the path goes round in circles'],
      [join(root, 'x'.repeat(300)), 'the name is too long'],
    ] as const;
    for (const [dir, reason] of cases) {
      await expect(open(dir)).rejects.toMatchObject({
        code: 'ERR_DATA_NOT_WRITABLE',
        message: `Expected a data folder that can be written at ${dir}, but ${reason}.`,
      });
    }
  });

  it('refuses a folder of a newer format and leaves it as it is', async () => {
    const text = '{"format":2,"created":"x","version":"9.0.0"}';
    await writeFile(join(root, 'format.json'), text);
    await expect(open(root)).rejects.toMatchObject({
      code: 'ERR_DATA_UNREADABLE',
      message: `Expected a data folder of format 1 or older in ${root}, but it has format 2, made by Inkling 9.0.0.`,
    });
    await expect(open(root)).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' });
    expect(await readFile(join(root, 'format.json'), 'utf8')).toBe(text);
  });

  it.each(['', 'null', '{}', '{"format":"1"}', '{"format":0}'])(
    'refuses a folder whose format is %j',
    async (text) => {
      await writeFile(join(root, 'format.json'), text);
      await expect(open(root)).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' });
    },
  );
});
