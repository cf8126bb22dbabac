/**
 * Measures several things against each other on a machine that is never quiet: in each round all
 * have their turn one after the other, so that what disturbs one disturbs its neighbours too.
 * Every other round goes backwards, so that none always follows the same one.
 */

/** One thing to be measured. */
export interface Cell {
  /** µs of one iteration, a mean for each of `blocks` blocks of `iterations`. */
  measure(blocks: number, iterations: number): Promise<readonly number[]>;
}

export interface RoundOptions {
  readonly rounds: number;
  /** After so many rounds the deadline ends the measurement; before, it does not. */
  readonly minimumRounds: number;
  /** How long each cell is run at least before the first round. */
  readonly warmMilliseconds: number;
  /** On the scale of `now`. */
  readonly deadline: number;
  /** Milliseconds. */
  readonly now: () => number;
}

/** The median of the rounds and the lowest and highest round. */
export interface RoundSummary {
  readonly median: number;
  readonly spread: readonly [number, number];
}

/** How many iterations make a turn. */
interface Turn {
  readonly blocks: number;
  readonly iterations: number;
}

const BLOCKS = 3;
const BLOCK_MICROS = 25_000;
const WARM_ITERATIONS = 3;
const LEAST_MICROS = 0.001;

/**
 * One figure per round for each cell: the median of its blocks, in µs per iteration. A cell that
 * fails has no figures; `failed` is told why.
 */
export async function measureInRounds<C extends Cell>(
  cells: readonly C[],
  options: RoundOptions,
  failed: (cell: C, reason: unknown) => void,
): Promise<Map<C, number[]>> {
  const figures = new Map<C, number[]>();
  const turns = new Map<C, Turn>();
  const attempt = async (cell: C, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (reason) {
      figures.delete(cell);
      failed(cell, reason);
    }
  };
  for (const cell of cells) {
    await attempt(cell, async () => {
      turns.set(cell, await warmUp(cell, options));
      figures.set(cell, []);
    });
  }
  for (let round = 0; round < options.rounds; round++) {
    if (round >= options.minimumRounds && options.now() >= options.deadline) break;
    const order = round % 2 === 0 ? cells : cells.toReversed();
    for (const cell of order.filter((each) => figures.has(each))) {
      const { blocks, iterations } = turns.get(cell)!;
      await attempt(cell, async () => {
        figures.get(cell)!.push(medianOf(await cell.measure(blocks, iterations)));
      });
    }
  }
  return figures;
}

/** Runs a cell in ever longer blocks until it has had its time. */
async function warmUp(cell: Cell, { warmMilliseconds, now }: RoundOptions): Promise<Turn> {
  const start = now();
  let iterations = 1;
  let total = 0;
  let fastest = Number.POSITIVE_INFINITY;
  for (;;) {
    const [micros = 0] = await cell.measure(1, iterations);
    total += iterations;
    // A clock may not have moved during a first, short block.
    fastest = Math.min(fastest, Math.max(micros, LEAST_MICROS));
    if (total >= WARM_ITERATIONS && now() - start >= warmMilliseconds) return turnOf(fastest);
    iterations = Math.max(1, Math.min(2 * iterations, Math.floor(BLOCK_MICROS / fastest)));
  }
}

function turnOf(micros: number): Turn {
  const iterations = Math.max(1, Math.round(BLOCK_MICROS / micros));
  return { blocks: micros > BLOCKS * BLOCK_MICROS ? 1 : BLOCKS, iterations };
}

/** Of at least one round. */
export function summaryOf(rounds: readonly number[]): RoundSummary {
  return { median: medianOf(rounds), spread: [Math.min(...rounds), Math.max(...rounds)] };
}

function medianOf(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('expected at least one value');
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
