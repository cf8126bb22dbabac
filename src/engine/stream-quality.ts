import { EXPERTS, MEDIAN, PERSISTENCE } from '../stream/member-columns.ts';
import { skillOf } from '../stream/trust.ts';
import type { Engine } from './engine.ts';

/** How good a stream's forecasts have been so far; null: not measured. */
export interface StreamQuality {
  /** Share of past targets inside the interval of each level. */
  readonly coverage: readonly { readonly level: number; readonly coverage: number | null }[];
  /** Running mean absolute error of the one-step forecast, in units of the stream. */
  readonly mae: number | null;
  /** The same, divided by that of persistence. */
  readonly mase: number | null;
  readonly skill: number | null;
  /** Readings so far that came late or corrected one. */
  readonly late: number;
  /** Readings so far that were dropped for their time. */
  readonly rejected: number;
}

/** Quality of the stream in this row; null when there is none or it has no forecast yet. */
export function streamQuality(engine: Engine, row: number): StreamQuality | null {
  const { columns } = engine.table;
  const group = engine.membership.groups[columns.group[row] - 1];
  if (engine.table.idOf(row) === null || group === undefined) return null;
  const member = columns.member[row];
  const { layout } = group;
  const levels = layout.levels.length;
  const first = member * layout.leads.knots.length;
  const isScored = group.columns.scored[first] > 0;
  const mae = group.columns.expertError[first * EXPERTS + MEDIAN];
  const naive = group.columns.expertError[first * EXPERTS + PERSISTENCE];
  const isCovered = group.columns.coveredCount[member] > 0;
  return {
    coverage: Array.from(layout.levels, (level, i) => ({
      level,
      coverage: isCovered ? group.columns.covered[member * levels + i] : null,
    })),
    mae: isScored ? mae : null,
    mase: isScored && naive > 0 ? mae / naive : null,
    skill: skillOf(group.columns, layout, member),
    late: columns.lateCount[row],
    rejected: columns.droppedCount[row],
  };
}
