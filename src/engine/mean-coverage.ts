import type { ModelGroup } from './model-group.ts';

/** Coverage of each interval level, mean over the streams that have measured it: pairs of level and share. */
export function meanCoverage(groups: readonly ModelGroup[]): [string, number][] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const group of groups) {
    const { columns, layout } = group;
    const levels = layout.levels.length;
    for (let member = 0; member < group.rows; member++) {
      if (columns.coveredCount[member] === 0) continue;
      for (let i = 0; i < levels; i++) {
        const entry = sums.get(layout.levels[i]) ?? { sum: 0, count: 0 };
        entry.sum += columns.covered[member * levels + i];
        entry.count += 1;
        sums.set(layout.levels[i], entry);
      }
    }
  }
  return [...sums].map(([level, { sum, count }]) => [String(level), sum / count]);
}
