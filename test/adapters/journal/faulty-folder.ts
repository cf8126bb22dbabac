import type { SyncedFile, SyncedFolder } from '../../../src/adapters/journal/synced-folder.ts';
import type { Random } from '../../../src/numerics/random.ts';

/**
 * A folder in memory that fails on demand and forgets, at a power cut, what was not synced: names
 * that no `sync` of the folder has seen, and any blocks of a file that its own `sync` has not seen.
 * A failed sync of a file loses its unsynced bytes for good, as Linux does: syncing it once more
 * succeeds and changes nothing.
 */

interface File {
  bytes: Uint8Array;
  /** What a power cut leaves, at least. */
  durable: Uint8Array;
  /** Ranges that were lost by failed syncs: [start, end). */
  lost: [number, number][];
}

const blockBytes = 16;

export type Fault =
  /** The call fails before it does anything; a write after half of its bytes. */
  | 'before'
  /** The call does what it should and fails all the same. */
  | 'after'
  /** This call and all later ones fail: the process has ended. */
  | 'crash';

export class FaultyFolder implements SyncedFolder {
  readonly #files: Map<string, File>;
  #durableNames: Map<string, File>;
  readonly #faults: FaultPlan;

  constructor(faults = new FaultPlan()) {
    this.#files = new Map();
    this.#durableNames = new Map();
    this.#faults = faults;
  }

  /** The folder as a power cut leaves it, without faults. */
  afterCut(random: Random): FaultyFolder {
    const left = new FaultyFolder();
    const names = new Map(this.#durableNames);
    // A name may be on the disk although nobody has asked for it.
    for (const [name, file] of this.#files) if (random.uniform() < 0.5) names.set(name, file);
    for (const [name, file] of names) left.put(name, leftOf(file, random));
    return left;
  }

  /** Puts a durable file there. */
  put(name: string, bytes: Uint8Array): void {
    const file = { bytes: bytes.slice(), durable: bytes.slice(), lost: [] };
    this.#files.set(name, file);
    this.#durableNames.set(name, file);
  }

  get(name: string): Uint8Array {
    return this.#file(name).bytes.slice();
  }

  names(): string[] {
    return [...this.#files.keys()].sort();
  }

  list(): Promise<string[]> {
    return this.#call(() => this.names());
  }

  read(name: string): Promise<Uint8Array> {
    return this.#call(() => this.get(name));
  }

  readStart(name: string, bytes: number): Promise<Uint8Array> {
    return this.#call(() => this.get(name).subarray(0, bytes));
  }

  size(name: string): Promise<number> {
    return this.#call(() => this.#file(name).bytes.length);
  }

  create(name: string): Promise<SyncedFile> {
    return this.#call(() => {
      if (this.#files.has(name)) throw systemError('EEXIST');
      const file: File = { bytes: new Uint8Array(), durable: new Uint8Array(), lost: [] };
      this.#files.set(name, file);
      return this.#opened(file);
    });
  }

  write(name: string, bytes: Uint8Array): Promise<void> {
    return this.#call(() => {
      const file = { bytes: bytes.slice(), durable: bytes.slice(), lost: [] };
      this.#files.set(name, file);
    });
  }

  truncate(name: string, size: number): Promise<void> {
    return this.#call(() => {
      const file = this.#file(name);
      file.bytes = file.bytes.slice(0, size);
      file.lost = file.lost
        .filter(([start]) => start < size)
        .map(([start, end]) => [start, Math.min(end, size)]);
      file.durable = withLost(file);
    });
  }

  copy(name: string, target: string): Promise<void> {
    return this.#call(() => {
      const { bytes } = this.#file(name);
      this.#files.set(target, { bytes: bytes.slice(), durable: bytes.slice(), lost: [] });
    });
  }

  rename(name: string, target: string): Promise<void> {
    return this.#call(() => {
      const file = this.#file(name);
      this.#files.delete(name);
      this.#files.set(target, file);
    });
  }

  remove(name: string): Promise<void> {
    return this.#call(() => void this.#files.delete(name));
  }

  sync(): Promise<void> {
    return this.#call(() => {
      this.#durableNames = new Map(this.#files);
    });
  }

  #opened(file: File): SyncedFile {
    return {
      write: (bytes) =>
        this.#call(
          () => append(file, bytes),
          () => append(file, bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () =>
        this.#call(
          () => {
            file.durable = withLost(file);
          },
          () => file.lost.push([file.durable.length, file.bytes.length]),
        ),
      close: () => this.#call(() => {}),
    };
  }

  #file(name: string): File {
    const file = this.#files.get(name);
    if (file === undefined) throw systemError('ENOENT');
    return file;
  }

  async #call<T>(action: () => T, half: () => void = () => {}): Promise<T> {
    const fault = this.#faults.next();
    await null;
    if (fault === 'before') half();
    if (fault === 'after') action();
    if (fault !== null) throw systemError('ENOSPC');
    return action();
  }
}

/** Says which of the calls fail, counted from 1 over all folders that share it. */
export class FaultPlan {
  readonly #fault: Fault;
  readonly #from: number;
  readonly #count: number;
  #calls: number;

  /** `count` calls fail from the one with number `from` on; 0: none. */
  constructor(fault: Fault = 'before', from = 0, count = 0) {
    this.#fault = fault;
    this.#from = from;
    this.#count = fault === 'crash' ? Number.POSITIVE_INFINITY : count;
    this.#calls = 0;
  }

  /** Whether there were so many calls that the first fault came. */
  get hasCome(): boolean {
    return this.#calls >= this.#from;
  }

  next(): Fault | null {
    this.#calls += 1;
    const isHit = this.#calls >= this.#from && this.#calls < this.#from + this.#count;
    if (this.#from === 0 || !isHit) return null;
    // The process ends in the middle of the first call; no later one begins.
    if (this.#fault === 'crash') return this.#calls === this.#from ? 'before' : 'crash';
    return this.#fault;
  }
}

function append(file: File, bytes: Uint8Array): void {
  file.bytes = Uint8Array.of(...file.bytes, ...bytes);
}

/** What is on the disk after a sync that succeeds. */
function withLost({ bytes, lost }: File): Uint8Array {
  const durable = bytes.slice();
  for (const [start, end] of lost) durable.fill(0, start, end);
  return durable;
}

/** The durable bytes, and of those behind them any blocks. */
function leftOf(file: File, random: Random): Uint8Array {
  const keptBytes =
    random.uniform() < 0.5 ? file.bytes.length : random.integer(file.bytes.length + 1);
  const left = withLost(file).slice(0, Math.max(file.durable.length, keptBytes));
  for (let at = file.durable.length; at < left.length; at += blockBytes) {
    if (random.uniform() < 0.3) left.fill(0, at, at + blockBytes);
  }
  return left;
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: it fails on purpose`), { code });
}
