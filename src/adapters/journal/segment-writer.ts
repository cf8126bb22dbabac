import type { Clock } from '../../pipeline/ports.ts';
import { encodeHeader, segmentName } from './segment-format.ts';
import type { SyncedFile, SyncedFolder } from './synced-folder.ts';

/** A segment that holds so much is not continued. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

export interface SegmentWriterOptions {
  readonly folder: SyncedFolder;
  readonly clock: Clock;
  /** Named in the headers. */
  readonly variant: string;
  readonly segmentBytes: number;
}

/**
 * Writes groups to segment files, and begins a new file when one is full. After a failure nothing
 * is known of the file but what was synced before, and asking the system to sync once more may
 * answer a false yes: so the file is cut to that length, and the group goes to a new one.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #file: SyncedFile | null;
  /** Of the file in use, or of the one that failed; null: there is none. */
  #name: string | null;
  /** Bytes that were synced. */
  #size: number;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#file = null;
    this.#name = null;
    this.#size = 0;
  }

  /** Durable when it resolves. When it rejects, `repair` comes before the next write. */
  async write(first: number, bytes: Uint8Array): Promise<void> {
    if (this.#size >= this.#options.segmentBytes) await this.#finish();
    const isNew = this.#file === null;
    if (isNew) await this.#begin(first);
    const header = isNew ? this.#header(first) : null;
    if (header !== null) await this.#file!.write(header);
    await this.#file!.write(bytes);
    await this.#file!.sync();
    if (isNew) await this.#options.folder.sync();
    this.#size += bytes.length + (header?.length ?? 0);
  }

  /** Leaves what was synced of the file that failed, and nothing else. */
  async repair(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    // What it could not write it cannot flush either; the number is free all the same.
    await file?.close().catch(() => {});
    if (this.#name === null) return;
    const { folder } = this.#options;
    if (this.#size === 0) {
      await folder.remove(this.#name);
      await folder.sync();
    } else {
      await folder.truncate(this.#name, this.#size);
    }
    this.#name = null;
    this.#size = 0;
  }

  /** Ends the file in use with these bytes, if there is one. */
  async close(bytes: Uint8Array): Promise<void> {
    if (this.#file === null) return;
    await this.#file.write(bytes);
    await this.#file.sync();
    await this.#finish();
  }

  async #begin(first: number): Promise<void> {
    this.#name = segmentName(first);
    this.#size = 0;
    this.#file = await this.#options.folder.create(this.#name);
  }

  async #finish(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#name = null;
    this.#size = 0;
    await file?.close();
  }

  #header(first: number): Uint8Array {
    const { clock, variant } = this.#options;
    return encodeHeader({ first, begunAt: clock.now(), variant });
  }
}
