import { appendFile, rename, rm, stat } from 'node:fs/promises';
import type { Clock, Logger } from '../../pipeline/ports.ts';
import type { RejectedLines } from './deliver-batch.ts';

/** Bytes of one file; there are at most two. */
const FILE_BYTES = 16_000_000;
/** Bytes that wait for the disk. */
const PENDING_BYTES = 4_000_000;

export interface RejectedFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fileBytes?: number;
}

/**
 * Lines that InfluxDB refused for good, to be looked at and, once put right, written by hand. It is
 * line protocol, with the server's words as a comment before each part:
 *
 *     # 2026-08-02T10:00:00.000Z: 1 of 1 refused: field type conflict …
 *     inkling_reading,stream=plant/7/temp value="x" 1795385096123
 *
 * A full file is renamed to `….1`, and the one that had this name before is gone.
 */
export class RejectedFile {
  readonly #options: RejectedFileOptions;
  #pending: string[];
  #pendingBytes: number;
  #work: Promise<void> | null;
  /** Of the file; null: not looked at yet. */
  #size: number | null;
  #notKept: number;

  constructor(options: RejectedFileOptions) {
    this.#options = options;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#work = null;
    this.#size = null;
    this.#notKept = 0;
  }

  /** Refused parts that are not in the file, because the disk failed or could not follow. */
  get notKept(): number {
    return this.#notKept;
  }

  /** Copies the lines. Never waits and never throws. */
  keep({ lines, lineCount, count, message }: RejectedLines): void {
    if (this.#pendingBytes + lines.length > PENDING_BYTES) {
      this.#notKept += 1;
      return;
    }
    const time = new Date(this.#options.clock.now()).toISOString();
    const words = message.replace(/\s+/g, ' ');
    const text = `# ${time}: ${count} of ${lineCount} refused: ${words}\n${Buffer.from(lines)}`;
    this.#pending.push(text);
    this.#pendingBytes += text.length;
    this.#work ??= this.#write();
  }

  /** Resolves when what was kept before is in the file, or is counted. */
  async close(): Promise<void> {
    await this.#work;
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const parts = this.#pending;
      this.#pending = [];
      this.#pendingBytes = 0;
      await this.#append(Buffer.from(parts.join(''))).catch((error: Error) => {
        this.#noteFailure(error, parts.length);
      });
    }
    this.#work = null;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { path, fileBytes = FILE_BYTES } = this.#options;
    this.#size ??= await sizeOf(path);
    if (this.#size > 0 && this.#size + bytes.length > fileBytes) {
      await rm(`${path}.1`, { force: true });
      await rename(path, `${path}.1`);
      this.#size = 0;
    }
    await appendFile(path, bytes);
    this.#size += bytes.length;
  }

  #noteFailure({ message }: Error, parts: number): void {
    if (this.#notKept === 0) {
      this.#options.log.error(
        { code: 'ERR_OUTBOX_WRITE', file: this.#options.path, problem: message },
        'Points that InfluxDB refuses cannot be kept; further ones are only counted.',
      );
    }
    this.#notKept += parts;
    this.#size = null;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
