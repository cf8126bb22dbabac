/**
 * Is A worse than B, over paired losses that depend on their neighbours? The pairs are summed in
 * blocks, and the blocks are taken as the sample (the method of batch means):
 *
 *   pairs   ▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪ ▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪▪ …       when all 32 blocks are full, neighbours
 *   blocks  └── Σ (a − b) ──┘└── Σ (a − b) ──┘ …      merge and a block is twice as long
 *
 * So there are always 16..32 blocks, they grow longer than the losses' memory, and the memory taken
 * is 300 bytes for any number of pairs.
 */
export class PairedDifference {
  /** (BLOCKS) Σ (a − b) of each full block. */
  readonly #blocks: Float64Array;
  /** pairs, full blocks, pairs in a block, pairs in the open block, its Σ (a − b), Σ a, Σ b */
  readonly #sums: Float64Array;

  constructor() {
    this.#blocks = new Float64Array(BLOCKS);
    this.#sums = new Float64Array(7);
    this.clear();
  }

  clear(): void {
    this.#blocks.fill(0);
    this.#sums.fill(0);
    this.#sums[2] = BLOCK_PAIRS;
  }

  add(a: number, b: number): void {
    const sums = this.#sums;
    sums[0]++;
    sums[3]++;
    sums[4] += a - b;
    sums[5] += a;
    sums[6] += b;
    if (sums[3] < sums[2]) return;
    this.#blocks[sums[1]++] = sums[4];
    sums[3] = 0;
    sums[4] = 0;
    if (sums[1] === BLOCKS) this.#merge();
  }

  get pairs(): number {
    return this.#sums[0];
  }

  /** Mean of a; 0 without pairs. */
  get meanA(): number {
    return this.#sums[0] > 0 ? this.#sums[5] / this.#sums[0] : 0;
  }

  /** Mean of b; 0 without pairs. */
  get meanB(): number {
    return this.#sums[0] > 0 ? this.#sums[6] / this.#sums[0] : 0;
  }

  /** Whether there are enough blocks (256 pairs) to tell anything. */
  get decidable(): boolean {
    return this.#sums[1] >= BLOCKS / 2;
  }

  /** Mean of a − b over the full blocks, in standard errors of that mean; 0 when undecidable. */
  standardErrors(): number {
    if (!this.decidable) return 0;
    const n = this.#sums[1];
    let sum = 0;
    for (let k = 0; k < n; k++) sum += this.#blocks[k];
    const mean = sum / n;
    let squares = 0;
    for (let k = 0; k < n; k++) squares += (this.#blocks[k] - mean) ** 2;
    const error = Math.sqrt(squares / (n - 1) / n);
    if (error > 0) return mean / error;
    return mean === 0 ? 0 : Math.sign(mean) * Number.POSITIVE_INFINITY;
  }

  /** See `StepHistory.arrays`. */
  arrays(): readonly Float64Array[] {
    return [this.#blocks, this.#sums];
  }

  #merge(): void {
    for (let k = 0; k < BLOCKS / 2; k++) {
      this.#blocks[k] = this.#blocks[2 * k] + this.#blocks[2 * k + 1];
    }
    this.#sums[1] = BLOCKS / 2;
    this.#sums[2] *= 2;
  }
}

const BLOCKS = 32;
const BLOCK_PAIRS = 16;
