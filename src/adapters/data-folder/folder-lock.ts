import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InklingError } from '../../protocol/errors.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/**
 * One process at a time in a folder, without waiting, also after `kill -9`.
 *
 *   lock/16   the holder before: dead, or it has released
 *   lock/17   the holder: {"pid":4711,"startTicks":"8817","boot":"5f0c…"}
 *
 * The highest number names the holder. Who finds it dead takes the next number, by link(2) of a
 * finished file: link(2) fails when the name exists, so of all who try one succeeds, and a lock is
 * never half written. The highest file is never removed, only replaced on release, so numbers never
 * fall, and a process that slept since it looked finds a higher number when it looks again.
 *
 * It knows the processes of this machine (and of this container) only: do not share a data folder
 * between machines.
 */

/** Lets others in; idempotent. */
export type ReleaseLock = () => Promise<void>;

/** More lost races than this mean that something else is wrong. */
const attemptsMax = 20;

/** Takes the lock of `folder`, which must exist; ERR_DATA_LOCKED when a running process holds it. */
export async function takeFolderLock(folder: string): Promise<ReleaseLock> {
  const locks = join(folder, 'lock');
  await mkdir(locks, { recursive: true });
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const highest = await highestNumber(locks);
    const holder = highest === 0 ? 'nobody' : await readHolder(join(locks, `${highest}`));
    if (typeof holder === 'object' && isRunning(holder)) throw locked(folder, holder.pid);
    const number = highest + 1;
    if (!(await tryTake(locks, number))) continue;
    if ((await highestNumber(locks)) > number) {
      await rm(join(locks, `${number}`), { force: true });
      continue;
    }
    await removeOlder(locks, number);
    return () => release(locks, number);
  }
  throw new InklingError(
    'ERR_DATA_LOCKED',
    `Expected to be alone in the data folder ${folder}, but other processes keep taking it.`,
  );
}

/** The running process that holds the lock of `folder`; null: nobody does. Touches nothing. */
export async function folderHolder(folder: string): Promise<number | null> {
  const locks = join(folder, 'lock');
  try {
    const highest = await highestNumber(locks);
    const holder = highest === 0 ? 'nobody' : await readHolder(join(locks, `${highest}`));
    return typeof holder === 'object' && isRunning(holder) ? holder.pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function highestNumber(locks: string): Promise<number> {
  let highest = 0;
  for (const name of await readdir(locks)) {
    if (/^[1-9]\d{0,14}$/.test(name)) highest = Math.max(highest, Number(name));
  }
  return highest;
}

async function tryTake(locks: string, number: number): Promise<boolean> {
  const own = join(locks, `taking-${randomUUID()}`);
  await writeFile(own, `${JSON.stringify(identifyProcess(process.pid))}\n`, { flag: 'wx' });
  try {
    await link(own, join(locks, `${number}`));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** What cannot be read names nobody: only a crash of the whole machine leaves such a lock. */
async function readHolder(path: string): Promise<ProcessIdentity | 'nobody'> {
  try {
    const { pid, startTicks, boot } = JSON.parse(await readFile(path, 'utf8'));
    if (!Number.isInteger(pid) || pid <= 0) return 'nobody';
    return { pid, startTicks: startTicks ?? null, boot: boot ?? null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SyntaxError || code === 'ENOENT') return 'nobody';
    throw error;
  }
}

/** The one before stays, so that who lists the folder just now sees one of the two. */
async function removeOlder(locks: string, number: number): Promise<void> {
  for (const name of await readdir(locks)) {
    if (Number(name) < number - 1) await rm(join(locks, name), { force: true });
  }
}

async function release(locks: string, number: number): Promise<void> {
  const path = join(locks, `${number}`);
  const holder = await readHolder(path);
  if (holder === 'nobody' || holder.pid !== process.pid) return;
  const released = join(locks, `releasing-${randomUUID()}`);
  await writeFile(released, '{"released":true}\n');
  await rename(released, path);
}

function locked(folder: string, pid: number): InklingError {
  return new InklingError(
    'ERR_DATA_LOCKED',
    `Expected to be alone in the data folder ${folder}, but process ${pid} is using it.`,
    'Stop that process, or choose another folder with --data or data.dir.',
  );
}
