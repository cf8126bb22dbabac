import { hashSeed, Random } from '../numerics/random.ts';

/**
 * Slow random courses (weather, clouds) that can be asked for any time without having lived
 * through the time before: normal deviates stand on a lattice, one every `periodMs`, each from its
 * own seed, and a Catmull-Rom spline runs through them.
 *
 *     g₋₁     g₀ ···spline··· g₁     g₂        lattice at whole multiples of periodMs
 *                  ↑ time
 */
export class SmoothNoise {
  readonly #seed: number;
  readonly #name: string;
  readonly #periodMs: number;
  #cell: number;
  /** The four lattice values around the cell asked for last. */
  #lattice: [number, number, number, number];

  constructor(seed: number, name: string, periodMs: number) {
    this.#seed = seed;
    this.#name = name;
    this.#periodMs = periodMs;
    this.#cell = Number.NaN;
    this.#lattice = [0, 0, 0, 0];
  }

  /** Mean 0, deviation between 0.8 (half way) and 1 (on the lattice). A function of time alone. */
  at(time: number): number {
    const position = time / this.#periodMs;
    const cell = Math.floor(position);
    if (cell !== this.#cell) this.#move(cell);
    const before = this.#lattice[0];
    const left = this.#lattice[1];
    const right = this.#lattice[2];
    const after = this.#lattice[3];
    const u = position - cell;
    const slope = right - before;
    const bend = 2 * before - 5 * left + 4 * right - after;
    const twist = 3 * (left - right) + after - before;
    return left + 0.5 * u * (slope + u * (bend + u * twist));
  }

  #move(cell: number): void {
    if (cell === this.#cell + 1) {
      const [, left, right, after] = this.#lattice;
      this.#lattice = [left, right, after, this.#deviate(cell + 2)];
    } else {
      this.#lattice = [
        this.#deviate(cell - 1),
        this.#deviate(cell),
        this.#deviate(cell + 1),
        this.#deviate(cell + 2),
      ];
    }
    this.#cell = cell;
  }

  #deviate(index: number): number {
    return new Random(hashSeed(this.#seed, `${this.#name}/${index}`)).gaussian();
  }
}
