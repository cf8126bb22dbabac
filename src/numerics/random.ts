/**
 * Seeded random numbers: sfc32 (Chris Doty-Humphrey's "small fast counting" generator), three
 * mixed words and a counter, so that no state has a short period. It passes PractRand, fits in
 * four 32-bit integers and is therefore easily kept in a snapshot. Not for secrets.
 */

const TWO_POW_32 = 2 ** 32;
const TWO_POW_53 = 2 ** 53;
const STATE_WORDS = 4;
/** Rounds until every bit of the state depends on every bit of the seed. */
const WARM_UP_ROUNDS = 16;

/** A stream of random numbers fixed by its seed. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** `seed` is any safe integer; neighbouring seeds give unrelated streams. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`expected a safe integer as seed, got ${seed}`);
    }
    this.#a = mix32(seed | 0);
    this.#b = mix32(Math.floor(seed / TWO_POW_32) ^ 0x9e3779b9);
    this.#c = mix32(this.#a ^ this.#b);
    this.#counter = 1;
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.uint32();
  }

  /** Continues the stream whose `state()` was kept. */
  static restore(state: readonly number[]): Random {
    if (state.length !== STATE_WORDS || !state.every((word) => word >>> 0 === word)) {
      throw new RangeError(`expected ${STATE_WORDS} unsigned 32-bit words, got "${state}"`);
    }
    const random = new Random(0);
    random.#a = state[0] | 0;
    random.#b = state[1] | 0;
    random.#c = state[2] | 0;
    random.#counter = state[3] | 0;
    return random;
  }

  /** Four unsigned 32-bit words that `restore` continues from. */
  state(): number[] {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#counter >>> 0];
  }

  /** An integer of 0..2³²−1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / TWO_POW_53;
  }

  /**
   * A normal deviate of mean 0 and deviation 1 (Box–Muller; the twin is thrown away, so that the
   * state stays four words).
   */
  gaussian(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** An integer of 0..n−1; n is 1..2³². The bias is below n / 2⁵³. */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_POW_32) {
      throw new RangeError(`expected an integer of 1..2^32, got ${n}`);
    }
    return Math.floor(this.uniform() * n);
  }
}

/**
 * The seed of a named part: other names or seeds give unrelated streams, so that adding a part
 * does not shift the random numbers of the others. Returns an integer of 0..2⁵³−1; among 50,000
 * names two meet with a probability of 10⁻⁷.
 */
export function hashSeed(seed: number, name: string): number {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`expected a safe integer as seed, got ${seed}`);
  }
  let high = mix32(seed | 0);
  let low = mix32(Math.floor(seed / TWO_POW_32) ^ high);
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul((low << 13) | (low >>> 19), 0x85ebca6b) ^ Math.imul(unit + 1, 0xc2b2ae35);
  }
  high = mix32(high ^ name.length);
  low = mix32(low ^ high);
  return (high >>> 11) * TWO_POW_32 + (low >>> 0);
}

/** A bijection of 32-bit words in which each bit of the input flips half of the output. */
function mix32(word: number): number {
  let mixed = (word + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
