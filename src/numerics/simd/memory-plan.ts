/** Where things lie in a module's memory: handed out from low to high, nothing is given back. */

/** A cache line; every array begins on one. */
const LINE = 64;
export const FLOAT = 4;

export class MemoryPlan {
  #end: number;

  /** Nothing lies at address 0, so that one is a mistake wherever it turns up. */
  constructor(start = LINE) {
    this.#end = start;
  }

  /** The address of an array of so many float32 or uint32 numbers. */
  numbers(count: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + count * FLOAT) / LINE) * LINE;
    return at;
  }

  /** The first byte after everything handed out. */
  get end(): number {
    return this.#end;
  }
}

/**
 * Bytes from row to row of so many numbers: whole cache lines, an odd count of them, so that a
 * column of a tall array spreads over all sets of the cache instead of a few.
 */
export function rowBytes(numbers: number): number {
  const lines = Math.ceil((numbers * FLOAT) / LINE);
  return (lines | 1) * LINE;
}
