import type { EngineEvent } from '../../engine/event.ts';
import type { Journal } from '../../pipeline/ports.ts';

/**
 * A journal that keeps nothing but positions: what was acknowledged lives in the engine until the
 * snapshot at the end. It keeps the order of acknowledgements that a durable journal has.
 */
export class VolatileJournal implements Journal {
  #position: number;

  /** @param position events folded before the first one that is appended. */
  constructor(position: number) {
    this.#position = position;
  }

  append(_event: EngineEvent): Promise<number> {
    this.#position += 1;
    return Promise.resolve(this.#position);
  }

  accepting(): null {
    return null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
