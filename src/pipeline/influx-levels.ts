import { normalQuantile } from '../numerics/normal-quantile.ts';

/**
 * Bounds at levels that a stream may not be configured with, since every InfluxDB point has the same
 * fields. Each is a mixture of the two nearest configured bounds, seen from the median:
 *
 *     bound − median = weight · (bound[first] − median) + otherWeight · (bound[other] − median)
 *
 * A configured level is itself. Between two levels the distance is linear in the normal quantile
 * z((1 + level) / 2), which is exact for a normal distribution; below the smallest it shrinks and above the largest it
 * grows in proportion to z. All weights are ≥ 0, so bounds stay on their side of the median.
 */
export interface LevelPlan {
  readonly first: number;
  readonly weight: number;
  readonly other: number;
  readonly otherWeight: number;
}

/** How to get the bounds at `level` from those at `levels` (all in 0..1, exclusive); null: there are none. */
export function planLevel(levels: readonly number[], level: number): LevelPlan | null {
  const exact = levels.indexOf(level);
  if (exact >= 0) return only(exact, 1);
  const above = nearest(levels, (candidate) => candidate > level, Math.min);
  const below = nearest(levels, (candidate) => candidate < level, Math.max);
  const z = quantile(level);
  if (above < 0 && below < 0) return null;
  if (above < 0) return only(below, z / quantile(levels[below]!));
  if (below < 0) return only(above, z / quantile(levels[above]!));
  const low = quantile(levels[below]!);
  const high = quantile(levels[above]!);
  const otherWeight = (z - low) / (high - low);
  return { first: below, weight: 1 - otherWeight, other: above, otherWeight };
}

/** The bound of a plan, given the median and the bounds of one side by level. */
export function plannedBound(
  plan: LevelPlan,
  median: number,
  boundAt: (levelIndex: number) => number,
): number {
  const first = boundAt(plan.first);
  if (plan.weight === 1) return first;
  const moved = median + plan.weight * (first - median);
  if (plan.otherWeight === 0) return moved;
  return moved + plan.otherWeight * (boundAt(plan.other) - median);
}

/** Remembers the plans for each list of configured levels; there are as many lists as stream rules. */
export class LevelPlans {
  readonly #asked: readonly number[];
  readonly #known: Map<string, readonly (LevelPlan | null)[]>;
  #lastLevels: readonly { readonly level: number }[];
  #lastPlans: readonly (LevelPlan | null)[];

  /** `asked`: the levels that plans are wanted for. */
  constructor(asked: readonly number[]) {
    this.#asked = asked;
    this.#known = new Map();
    this.#lastLevels = [];
    this.#lastPlans = asked.map(() => null);
  }

  /** One plan for each asked level, in their order. */
  of(levels: readonly { readonly level: number }[]): readonly (LevelPlan | null)[] {
    // Neighbouring readings mostly have the same levels.
    if (!haveSameLevels(levels, this.#lastLevels)) {
      this.#lastLevels = levels.map(({ level }) => ({ level }));
      this.#lastPlans = this.#look(levels.map(({ level }) => level));
    }
    return this.#lastPlans;
  }

  #look(levels: readonly number[]): readonly (LevelPlan | null)[] {
    const key = levels.join();
    let plans = this.#known.get(key);
    if (plans === undefined) {
      plans = this.#asked.map((level) => planLevel(levels, level));
      this.#known.set(key, plans);
    }
    return plans;
  }
}

function haveSameLevels(
  some: readonly { readonly level: number }[],
  others: readonly { readonly level: number }[],
): boolean {
  return (
    some.length === others.length &&
    some.every(({ level }, index) => level === others[index]!.level)
  );
}

function only(first: number, weight: number): LevelPlan {
  return { first, weight, other: first, otherWeight: 0 };
}

/** Index of the extreme level among those that pass; −1: none. */
function nearest(
  levels: readonly number[],
  passes: (level: number) => boolean,
  extreme: (...values: number[]) => number,
): number {
  const passing = levels.filter(passes);
  return passing.length === 0 ? -1 : levels.indexOf(extreme(...passing));
}

function quantile(level: number): number {
  return normalQuantile((1 + level) / 2);
}
