import { hashSeed, Random } from '../numerics/random.ts';
import { hourMs } from './device.ts';

/** Measurement noise that depends on seed, name and hour alone: it starts anew with each hour. */
export class HourlyRandom {
  readonly #seed: number;
  readonly #name: string;
  #hour: number;
  #random: Random;

  constructor(seed: number, name: string) {
    this.#seed = seed;
    this.#name = name;
    this.#hour = Number.NaN;
    this.#random = new Random(0);
  }

  /** The hour's generator. It goes on within the hour; ask in ascending order of time. */
  at(time: number): Random {
    const hour = Math.floor(time / hourMs);
    if (hour !== this.#hour) {
      this.#hour = hour;
      this.#random = new Random(hashSeed(this.#seed, `${this.#name}/noise/${hour}`));
    }
    return this.#random;
  }
}
