import type { EngineEvent } from '../../engine/event.ts';
import { decodeEvent } from '../../engine/event-codec.ts';
import { InklingError } from '../../protocol/errors.ts';
import { decodeHeader, firstOfName, RecordCursor } from './segment-format.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { WeightsFiles } from './weights-files.ts';

/** An event of the journal. */
export interface JournalRecord {
  readonly position: number;
  readonly event: EngineEvent;
}

/** Where reading a journal came to its end. */
export interface JournalEnd {
  /** Position of the last event that can be relied on. */
  readonly position: number;
  /** Null: the journal simply ends there. */
  readonly damage: JournalDamage | null;
  /** Kernels that wrote what was read. */
  readonly variants: ReadonlySet<string>;
  /** Damage that was passed since nothing behind `from` depended on it, in words. */
  readonly passed: readonly string[];
}

export interface JournalDamage {
  /** Torn: a write that did not end, never acknowledged. Corrupt: what was durable once. */
  readonly kind: 'torn' | 'corrupt';
  readonly segment: string;
  /** Bytes of the segment before the damage; 0: not even its header can be relied on. */
  readonly wholeBytes: number;
  /** Segments behind it, in ascending order. */
  readonly later: readonly string[];
  readonly reason: string;
}

interface Segment {
  readonly name: string;
  readonly first: number;
}

/**
 * Reads the events of a journal from a position on, over all its segments. It changes nothing and
 * never throws on what it finds: it stops, and `end` says where and why.
 */
export class JournalReader {
  readonly #folder: SyncedFolder;
  readonly #weights: WeightsFiles;
  readonly #from: number;
  readonly #variants: Set<string>;
  readonly #passed: string[];
  #position: number;
  #damage: JournalDamage | null;

  /** @param from position of the first event that is wanted, 1 or more. */
  constructor(folder: SyncedFolder, weights: WeightsFiles, from: number) {
    this.#folder = folder;
    this.#weights = weights;
    this.#from = from;
    this.#variants = new Set();
    this.#passed = [];
    this.#position = from - 1;
    this.#damage = null;
  }

  /** To be asked when all records are read. */
  get end(): JournalEnd {
    return {
      position: this.#position,
      damage: this.#damage,
      variants: this.#variants,
      passed: this.#passed,
    };
  }

  /** Bytes of the segments that will be read, for those who wait. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for (const { name } of await this.#segments()) bytes += await this.#folder.size(name);
    return bytes;
  }

  /** The events, once. */
  async *records(): AsyncGenerator<JournalRecord> {
    const segments = await this.#segments();
    for (const [index, segment] of segments.entries()) {
      const later = segments.slice(index + 1).map(({ name }) => name);
      if (segment.first > this.#from && segment.first !== this.#position + 1) {
        const reason = `its records begin at ${segment.first}, not at ${this.#position + 1}`;
        this.#damage = { kind: 'corrupt', segment: segment.name, wholeBytes: 0, later, reason };
        return;
      }
      yield* this.#recordsOf(segment, later);
      if (this.#damage !== null) return;
    }
  }

  async #segments(): Promise<Segment[]> {
    const all: Segment[] = [];
    for (const name of await this.#folder.list()) {
      const first = firstOfName(name);
      if (first !== null) all.push({ name, first });
    }
    // The last one that begins at or before the position holds it, or nothing does.
    const start = all.findLastIndex(({ first }) => first <= this.#from);
    return all.slice(Math.max(0, start));
  }

  async *#recordsOf(segment: Segment, later: readonly string[]): AsyncGenerator<JournalRecord> {
    const bytes = await this.#folder.read(segment.name);
    const cursor = new RecordCursor(bytes, segment.first);
    const stop = (kind: JournalDamage['kind'], wholeBytes: number, reason: string): void => {
      this.#damage = { kind, segment: segment.name, wholeBytes, later, reason };
    };
    try {
      const header = decodeHeader(bytes);
      if (header.first !== segment.first) {
        stop('corrupt', 0, `its header says position ${header.first}`);
        return;
      }
      this.#variants.add(header.variant);
    } catch (error) {
      const isTorn = later.length === 0 && cursor.markBehind() === null;
      stop(isTorn ? 'torn' : 'corrupt', 0, wordsOf(error));
      return;
    }
    for (;;) {
      const payload = this.#nextPayload(cursor, segment.name);
      if (payload === null) break;
      if (cursor.position < this.#from) continue;
      try {
        const event = await this.#eventOf(payload, cursor.position);
        this.#position = cursor.position;
        yield { position: cursor.position, event };
      } catch (error) {
        stop('corrupt', cursor.recordAt, wordsOf(error));
        return;
      }
    }
    if (cursor.problem === null) return;
    const isTorn = later.length === 0 && cursor.markBehind() === null;
    stop(isTorn ? 'torn' : 'corrupt', cursor.end, cursor.problem);
  }

  /** Damage before the position that is wanted is passed at the next mark, if that is before it too. */
  #nextPayload(cursor: RecordCursor, name: string): Uint8Array | null {
    const payload = cursor.next();
    if (payload !== null || cursor.problem === null) return payload;
    const mark = cursor.markBehind();
    if (mark === null || mark.next > this.#from) return null;
    this.#passed.push(`${name}: ${cursor.problem}`);
    cursor.goTo(mark);
    return this.#nextPayload(cursor, name);
  }

  async #eventOf(payload: Uint8Array, position: number): Promise<EngineEvent> {
    const event = decodeEvent(payload);
    if (event.kind !== 'weights') return event;
    return { ...event, weights: await this.#weights.read(position) };
  }
}

/** Of an operating failure; anything else is a mistake of ours. */
function wordsOf(error: unknown): string {
  if (error instanceof InklingError) return error.message;
  throw error;
}
