/**
 * Weights on their way from the worker to the main thread, without a copy on the event loop of
 * either: two halves in shared memory, and for each half whether it waits to be read.
 *
 *   ┌────────┬────────┬────────────────┬────────────────┐
 *   │ state0 │ state1 │ half 0 (N f32) │ half 1 (N f32) │      state: 0 free, 1 waiting
 *   └────────┴────────┴────────────────┴────────────────┘
 *
 * The worker writes a free half and then tells its number in a message; the main thread copies it
 * out and frees it. While both halves wait, the worker has to wait too: nothing is ever overwritten
 * that was not read. One side writes, one side reads.
 */
export class WeightsExchange {
  readonly memory: SharedArrayBuffer;
  readonly #states: Int32Array;
  readonly #halves: readonly [Float32Array, Float32Array];

  constructor(memory: SharedArrayBuffer) {
    const parameters = (memory.byteLength - HEADER_BYTES) / 8;
    this.memory = memory;
    this.#states = new Int32Array(memory, 0, 2);
    this.#halves = [
      new Float32Array(memory, HEADER_BYTES, parameters),
      new Float32Array(memory, HEADER_BYTES + 4 * parameters, parameters),
    ];
  }

  /** Shared memory for a network of that many weights. */
  static allocate(parameters: number): WeightsExchange {
    return new WeightsExchange(new SharedArrayBuffer(HEADER_BYTES + 8 * parameters));
  }

  /** A half that can be written now; null while both wait to be read. */
  freeHalf(): 0 | 1 | null {
    if (Atomics.load(this.#states, 0) === FREE) return 0;
    return Atomics.load(this.#states, 1) === FREE ? 1 : null;
  }

  /** Fills a free half. */
  write(half: 0 | 1, weights: Float32Array): void {
    this.#halves[half].set(weights);
    Atomics.store(this.#states, half, WAITING);
  }

  /** A copy of a written half, which is free again afterwards. */
  read(half: 0 | 1): Float32Array {
    const weights = new Float32Array(this.#halves[half]);
    Atomics.store(this.#states, half, FREE);
    return weights;
  }
}

const HEADER_BYTES = 8;
const FREE = 0;
const WAITING = 1;
