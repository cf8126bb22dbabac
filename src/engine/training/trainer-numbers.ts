/** The numbers of a trainer's state that are in no array. All are finite or, for losses, ≥ 0. */
export interface TrainerNumbers {
  /** The highest version heard of; the next change gets one more. */
  version: number;
  publishedVersion: number;
  lastGoodVersion: number;
  /** Updates (in the warm-up: improvements) since the last publication. */
  unpublished: number;
  updates: number;
  refusedUpdates: number;
  refusedInRow: number;
  explodedInRow: number;
  divergences: number;
  rollbacks: number;
  /** Losses counted in the running means since they were forgotten. */
  losses: number;
  /** Running mean of the updates' losses. */
  slowLoss: number;
  /** Loss of the best weights at the last judgement of the warm-up. */
  heldOutLoss: number;
}

export interface TrainerCounters {
  readonly acceptedSteps: number;
  readonly refusedRows: number;
  readonly updates: number;
  readonly refusedUpdates: number;
  readonly divergences: number;
  readonly rollbacks: number;
}

export function beginNumbers(version: number): TrainerNumbers {
  return {
    version,
    publishedVersion: version,
    lastGoodVersion: version,
    unpublished: 0,
    updates: 0,
    refusedUpdates: 0,
    refusedInRow: 0,
    explodedInRow: 0,
    divergences: 0,
    rollbacks: 0,
    losses: 0,
    slowLoss: 0,
    heldOutLoss: 0,
  };
}

/**
 * Counts the loss of an update, null when it was refused, and answers whether training has diverged:
 * ten refusals in a row, or ten losses in a row above ten times the running mean and above twice
 * what answering 0 would have cost. The second part keeps a change in the data, under which any
 * forecast is bad, from being taken for a fault of the network.
 */
export function countLoss(
  numbers: TrainerNumbers,
  loss: number | null,
  naiveLoss: number,
): boolean {
  if (loss === null) {
    numbers.refusedUpdates++;
    numbers.refusedInRow++;
    return numbers.refusedInRow >= IN_ROW_MAX;
  }
  numbers.refusedInRow = 0;
  const settled = numbers.losses >= SETTLED_LOSSES;
  if (settled && loss > EXPLOSION * numbers.slowLoss && loss > NAIVE_EXPLOSION * naiveLoss) {
    numbers.explodedInRow++;
    return numbers.explodedInRow >= IN_ROW_MAX;
  }
  numbers.explodedInRow = 0;
  numbers.losses++;
  const rate = Math.max(SLOW_RATE, 1 / numbers.losses);
  numbers.slowLoss += rate * (loss - numbers.slowLoss);
  return false;
}

/** Begins the running means anew. */
export function forgetLosses(numbers: TrainerNumbers): void {
  numbers.refusedInRow = 0;
  numbers.explodedInRow = 0;
  numbers.losses = 0;
  numbers.slowLoss = 0;
}

/** Overwrites every field of a record of numbers, in the order of its keys. */
export function assignNumbers<T extends object>(
  target: { [K in keyof T]: T[K] & number },
  values: readonly number[],
): void {
  const keys = Object.keys(target) as (keyof T)[];
  if (keys.length !== values.length) throw new RangeError(`${values.length} numbers`);
  keys.forEach((key, index) => {
    target[key] = values[index] as T[keyof T] & number;
  });
}

const IN_ROW_MAX = 10;
const EXPLOSION = 10;
const NAIVE_EXPLOSION = 2;
const SETTLED_LOSSES = 20;
const SLOW_RATE = 0.02;
