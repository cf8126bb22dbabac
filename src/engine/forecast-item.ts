import type { ForecastItem, ForecastLevel, ForecastState } from '../protocol/items.ts';
import { skillOf, trustStates } from '../stream/trust.ts';
import type { ModelGroup } from './model-group.ts';

/** Where a forecast item comes from. */
export interface ForecastSource {
  readonly stream: string;
  readonly group: ModelGroup;
  readonly member: number;
  readonly origin: number;
  readonly cadence: number;
  readonly stale: boolean;
  /** Leads to show, ascending; null: all. */
  readonly leads: readonly number[] | null;
  readonly limits: readonly [number, number] | null;
}

/** The newest forecast of a stream as an item; null before its first. */
export function forecastItem(source: ForecastSource): ForecastItem | null {
  const { group, member, origin, limits } = source;
  const { columns, layout } = group;
  const issued = columns.issued[member];
  if (Number.isNaN(issued)) return null;
  const { horizon } = layout.leads;
  const leads = source.leads ?? Array.from({ length: horizon }, (_, i) => i + 1);
  const clamp = (value: number): number =>
    limits === null ? value : Math.max(limits[0], Math.min(limits[1], value));
  const median = leads.map((lead) => origin + columns.median[member * horizon + lead - 1]);
  const levels: ForecastLevel[] = Array.from(layout.levels, (level, i) => ({
    level,
    lower: leads.map((lead, j) => clamp(median[j] + boundAt(group, member, i, lead))),
    upper: leads.map((lead, j) =>
      clamp(median[j] + boundAt(group, member, i + layout.levels.length, lead)),
    ),
    coverage:
      columns.coveredCount[member] > 0 ? columns.covered[member * layout.levels.length + i] : null,
  }));
  return {
    kind: 'forecast',
    stream: source.stream,
    issued,
    step: source.cadence,
    targets: leads.map((lead) => Math.round(issued + lead * source.cadence)),
    median: median.map(clamp),
    levels,
    model: `${group.name}@${group.version}`,
    state: source.stale ? 'stale' : forecastState(group, member),
    skill: skillOf(columns, layout, member),
  };
}

/** How much a member's forecast is trusted now. */
export function forecastState(group: ModelGroup, member: number): ForecastState {
  return trustStates[group.columns.trust[member]] ?? 'warming';
}

/** Distance of a bound from the median at a lead, interpolated between the knots around it. */
export function boundAt(group: ModelGroup, member: number, bound: number, lead: number): number {
  const { columns, layout } = group;
  const { knots, below, share } = layout.leads;
  const width = 2 * layout.levels.length;
  const k = below[lead - 1];
  const s = share[lead - 1];
  const at = (member * knots.length + k) * width + bound;
  const low = columns.bounds[at];
  return s === 0 ? low : low + s * (columns.bounds[at + width] - low);
}
