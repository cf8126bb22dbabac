import { ByteWriter } from '../../engine/byte-writer.ts';
import type { EngineEvent } from '../../engine/event.ts';
import { encodeEvent } from '../../engine/event-codec.ts';
import { writeMark, writeRecord } from './segment-format.ts';

/**
 * Events that are committed together: their bytes, and who waits for them. It is used again after
 * `clear`.
 */
export class RecordGroup {
  readonly #writer: ByteWriter;
  #first: number;
  #waiting: ((position: number) => void)[];
  #refused: ((error: Error) => void)[];
  #weights: { readonly position: number; readonly weights: Float32Array }[];

  constructor() {
    this.#writer = new ByteWriter();
    this.#first = 0;
    this.#waiting = [];
    this.#refused = [];
    this.#weights = [];
  }

  /** Events in it. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Position of the first event. */
  get first(): number {
    return this.#first;
  }

  /** What goes to the disk; a view. */
  get bytes(): Uint8Array {
    return this.#writer.bytes();
  }

  /** Weights that must be on the disk before the records are. */
  get weights(): readonly { readonly position: number; readonly weights: Float32Array }[] {
    return this.#weights;
  }

  /** Takes an event in; positions follow each other. Resolves once `commit` is called. */
  add(position: number, event: EngineEvent): Promise<number> {
    if (this.count === 0) {
      this.#first = position;
      writeMark(position, this.#writer);
    }
    writeRecord(() => encodeEvent(event, this.#writer), this.#writer);
    if (event.kind === 'weights') this.#weights.push({ position, weights: event.weights });
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#refused.push(reject);
    });
  }

  /** Tells all who wait, in order, and empties the group. */
  commit(): void {
    const [waiting, first] = [this.#waiting, this.#first];
    this.clear();
    for (let i = 0; i < waiting.length; i++) waiting[i]!(first + i);
  }

  /** Tells all who wait that nothing will come of it, and empties the group. */
  refuse(error: Error): void {
    const refused = this.#refused;
    this.clear();
    for (const reject of refused) reject(error);
  }

  clear(): void {
    this.#writer.clear();
    this.#waiting = [];
    this.#refused = [];
    this.#weights = [];
  }
}
