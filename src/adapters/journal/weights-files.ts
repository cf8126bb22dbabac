import { crc32c } from '../../numerics/crc32c.ts';
import { InklingError } from '../../protocol/errors.ts';
import type { SyncedFolder } from './synced-folder.ts';

/**
 * The weights of weights events, beside the journal: one file an event, raw float32 little-endian,
 * named after the event's position and the CRC-32C of its bytes.
 *
 *   0000000000004711-1c5f90aa.weights
 *
 * The position makes it plain how long a file is needed: as long as its segment.
 */
export class WeightsFiles {
  readonly #folder: SyncedFolder;

  constructor(folder: SyncedFolder) {
    this.#folder = folder;
  }

  /** Durable when it resolves. */
  async keep(position: number, weights: Float32Array): Promise<void> {
    const bytes = bytesOf(weights);
    await this.#folder.write(`${prefixOf(position)}${digestOf(bytes)}.weights`, bytes);
    await this.#folder.sync();
  }

  /** The weights of the event at this position; ERR_JOURNAL_CORRUPT when they are not whole. */
  async read(position: number): Promise<Float32Array> {
    const prefix = prefixOf(position);
    const names = (await this.#names()).filter((name) => name.startsWith(prefix));
    for (const name of names) {
      const bytes = Uint8Array.from(await this.#folder.read(name));
      const isWhole = name === `${prefix}${digestOf(bytes)}.weights` && bytes.length % 4 === 0;
      if (isWhole) return new Float32Array(bytes.buffer);
    }
    const found = names[0] === undefined ? 'there are none' : `${names[0]} is damaged`;
    throw new InklingError(
      'ERR_JOURNAL_CORRUPT',
      `Expected the weights of the event at position ${position}, but ${found}.`,
    );
  }

  /** Removes the weights of events before this position. */
  async removeBefore(position: number): Promise<void> {
    for (const name of await this.#names()) {
      if (name < prefixOf(position)) await this.#folder.remove(name);
    }
  }

  /** Removes the weights of events from this position on, which the journal never took. */
  async removeFrom(position: number): Promise<void> {
    for (const name of await this.#names()) {
      if (name >= prefixOf(position)) await this.#folder.remove(name);
    }
    await this.#folder.sync();
  }

  /** Keeps them under another name, as `….aside`. */
  async setAsideFrom(position: number): Promise<void> {
    for (const name of await this.#names()) {
      if (name >= prefixOf(position)) await this.#folder.rename(name, `${name}.aside`);
    }
    await this.#folder.sync();
  }

  async #names(): Promise<string[]> {
    return (await this.#folder.list()).filter((name) => name.endsWith('.weights'));
  }
}

function prefixOf(position: number): string {
  return `${String(position).padStart(16, '0')}-`;
}

function bytesOf(weights: Float32Array): Uint8Array {
  return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
}

function digestOf(bytes: Uint8Array): string {
  return crc32c(bytes).toString(16).padStart(8, '0');
}
