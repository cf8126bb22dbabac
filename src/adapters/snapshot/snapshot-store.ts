import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../pipeline/ports.ts';
import { type ErrorCode, InklingError } from '../../protocol/errors.ts';

/**
 * Snapshots of the engine as files of a folder, named after the position they hold.
 *
 *   0000000000048230.snapshot                 whole: it got its name after it was on the disk
 *   0000000000051277.snapshot                 the newest
 *   0000000000051277.snapshot.corrupt         set aside: it could not be decoded
 *   writing.part                              a write that did not end
 *
 * It moves bytes only; what they mean, and whether they are whole, is up to `decode`.
 */

/** Whole snapshots that are kept, and set-aside ones. */
const keptMax = 2;
/** Smaller pieces are gathered, larger ones written as they are. Bytes. */
const gatheredMax = 1024 * 1024;
/** One call to the system reads and writes at most so much, so that others get their turn. Bytes. */
const stepBytes = 16 * 1024 * 1024;

export interface SnapshotRead<T> {
  /** The newest that could be decoded; null when there is none. */
  readonly snapshot: { readonly position: number; readonly value: T } | null;
  /** Names of the files that were set aside just now, newest first. */
  readonly setAside: readonly string[];
}

export class SnapshotStore {
  readonly #folder: string;
  readonly #log: Logger;
  #writing: Promise<void>;

  /** The folder is made by the first write. One store a folder. */
  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
    this.#writing = Promise.resolve();
  }

  /**
   * Resolves when the snapshot is on the disk under its name; older ones but the one before are
   * removed then. When it fails, everything is as before: ERR_DATA_NOT_WRITABLE, or what `bytes`
   * threw. `position` is a non-negative integer. The pieces are pulled one by one over many turns of
   * the event loop; a piece may be reused once the next is asked for. Writes follow each other.
   */
  write(position: number, bytes: Iterable<Uint8Array>): Promise<void> {
    const written = this.#writing.then(() => this.#write(position, bytes));
    this.#writing = written.catch(() => {});
    return written;
  }

  /**
   * Decodes the newest snapshot. One that `decode` refuses with an InklingError is set aside and
   * named in the log, and the one before is tried; any other error is thrown and changes nothing.
   * `decode` may keep the buffer.
   */
  async read<T>(decode: (bytes: ArrayBuffer) => T): Promise<SnapshotRead<T>> {
    const setAside: string[] = [];
    for (const name of (await this.#names('.snapshot')).reverse()) {
      const bytes = await readWhole(join(this.#folder, name));
      try {
        const position = Number(name.slice(0, -'.snapshot'.length));
        return { snapshot: { position, value: decode(bytes) }, setAside };
      } catch (error) {
        if (!(error instanceof InklingError)) throw error;
        setAside.push(await this.#setAside(name, error));
      }
    }
    return { snapshot: null, setAside };
  }

  /** Positions of the whole snapshots that are kept, ascending. */
  async positions(): Promise<number[]> {
    return (await this.#names('.snapshot')).map((name) => Number(name.slice(0, 16)));
  }

  async #write(position: number, bytes: Iterable<Uint8Array>): Promise<void> {
    const part = join(this.#folder, 'writing.part');
    const path = join(this.#folder, `${String(position).padStart(16, '0')}.snapshot`);
    try {
      await mkdir(this.#folder, { recursive: true });
      await writeSynced(part, bytes);
      await rename(part, path);
      await syncFolder(this.#folder);
    } catch (error) {
      await rm(part, { force: true }).catch(() => {});
      throw isSystemError(error) ? notWritable(path, error) : error;
    }
    await this.#removeAllBut(keptMax, '.snapshot');
  }

  async #setAside(name: string, error: InklingError): Promise<string> {
    const aside = `${name}${suffixOf(error.code)}`;
    await rename(join(this.#folder, name), join(this.#folder, aside));
    const fields = { file: join(this.#folder, aside), code: error.code, error: error.message };
    this.#log.error(fields, 'A snapshot could not be read and is set aside.');
    await this.#removeAllBut(keptMax, suffixOf(error.code));
    return aside;
  }

  /** Names with this ending, oldest position first. */
  async #names(ending: string): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter((name) => /^\d{16}\./.test(name) && name.endsWith(ending)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #removeAllBut(count: number, ending: string): Promise<void> {
    const names = await this.#names(ending);
    for (const name of names.slice(0, Math.max(0, names.length - count))) {
      await rm(join(this.#folder, name), { force: true });
    }
  }
}

/** A snapshot of another version is whole, only not for us. */
function suffixOf(code: ErrorCode): string {
  return code === 'ERR_SNAPSHOT_VERSION' ? '.other-version' : '.corrupt';
}

async function writeSynced(path: string, bytes: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w');
  try {
    const gathered = new Uint8Array(gatheredMax);
    let count = 0;
    for (const piece of bytes) {
      if (count + piece.length > gatheredMax) {
        await writeAll(file, gathered.subarray(0, count));
        count = 0;
      }
      if (piece.length > gatheredMax) {
        await writeAll(file, piece);
      } else {
        gathered.set(piece, count);
        count += piece.length;
      }
    }
    await writeAll(file, gathered.subarray(0, count));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The system may take less than it was offered. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const length = Math.min(stepBytes, bytes.length - offset);
    offset += (await file.write(bytes, offset, length)).bytesWritten;
  }
}

async function readWhole(path: string): Promise<ArrayBuffer> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let offset = 0;
    while (offset < bytes.length) {
      const length = Math.min(stepBytes, bytes.length - offset);
      const { bytesRead } = await file.read(bytes, offset, length, offset);
      if (bytesRead === 0) return bytes.buffer.slice(0, offset);
      offset += bytesRead;
    }
    return bytes.buffer;
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

function notWritable(path: string, error: NodeJS.ErrnoException): InklingError {
  return new InklingError(
    'ERR_DATA_NOT_WRITABLE',
    `Expected to write the snapshot ${path}, but got: ${error.message}.`,
  );
}
