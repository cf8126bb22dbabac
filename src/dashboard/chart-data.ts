import type { ForecastItem } from '../protocol/items.ts';
import type { History } from './series-window.ts';

/**
 * What the chart draws, as aligned columns over one ascending time axis:
 *
 *   x         t₀  t₁  (gap)  t₂ = now   target₁  target₂ …
 *   reading   v₀  v₁  null   v₂         null     null
 *   median    –   –   –      v₂         m₁       m₂           the fan opens from the last reading
 *   lower₀    –   –   –      v₂         l₁       l₂           widest first: narrower lie on top
 *   upper₀    …
 *
 * A distance of more than one and a half steps is a gap: a null between keeps the line from
 * bridging it.
 */
export interface ChartData {
  readonly x: number[];
  readonly reading: (number | null)[];
  readonly median: (number | null)[];
  /** Widest first. */
  readonly bands: readonly ChartBand[];
  /**
   * The time of the reading the forecast follows, or of the last reading; null when there is none.
   */
  readonly now: number | null;
}

interface ChartBand {
  readonly level: number;
  readonly lower: (number | null)[];
  readonly upper: (number | null)[];
}

const gapSteps = 1.5;

export function prepareChart(history: History, forecast: ForecastItem | null): ChartData {
  const { t, v } = withGaps(history, forecast?.step ?? null);
  const x = mergeTimes(t, forecast === null ? [] : [forecast.issued, ...forecast.targets]);
  const place = (times: readonly number[], values: readonly (number | null)[]) =>
    alignColumn(x, times, values);
  const reading = place(t, v);
  const now = forecast?.issued ?? history.t.at(-1) ?? null;
  if (forecast === null) return { x, reading, median: place([], []), bands: [], now };

  const times = [forecast.issued, ...forecast.targets];
  // Without a value at `issued` the fan starts at its first target: null opens nothing.
  const anchor = valueAt(history, forecast.issued);
  const levels = forecast.levels.toSorted((a, b) => b.level - a.level);
  return {
    x,
    reading,
    median: place(times, [anchor, ...forecast.median]),
    bands: levels.map(({ level, lower, upper }) => ({
      level,
      lower: place(times, [anchor, ...lower]),
      upper: place(times, [anchor, ...upper]),
    })),
    now,
  };
}

/**
 * The span of time to show: `stepsBack` steps before now (null: everything there is) and the whole
 * forecast.
 */
export function visibleSpan(
  data: ChartData,
  stepMs: number | null,
  stepsBack: number | null,
): { from: number; to: number } | null {
  const first = data.x[0];
  const last = data.x.at(-1);
  if (first === undefined || last === undefined || data.now === null) return null;
  const back = stepMs === null || stepsBack === null ? null : data.now - stepMs * stepsBack;
  const from = back === null ? first : Math.max(first, back);
  // One point alone has no extent, but an axis needs one.
  return from < last ? { from, to: last } : { from: last - 60_000, to: last + 60_000 };
}

function withGaps({ t, v }: History, stepMs: number | null): { t: number[]; v: (number | null)[] } {
  const times: number[] = [];
  const values: (number | null)[] = [];
  t.forEach((time, index) => {
    const previous = t[index - 1];
    if (previous !== undefined && stepMs !== null && time - previous > gapSteps * stepMs) {
      times.push((previous + time) / 2);
      values.push(null);
    }
    times.push(time);
    values.push(v[index] ?? null);
  });
  return { t: times, v: values };
}

/** The ascending union of two ascending columns, equal times once. */
function mergeTimes(a: readonly number[], b: readonly number[]): number[] {
  const union: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    union.push(next);
    if (a[i] === next) i++;
    if (b[j] === next) j++;
  }
  return union;
}

/** `values` at `times` spread over `x`, which holds all of `times`; null elsewhere. */
function alignColumn(
  x: readonly number[],
  times: readonly number[],
  values: readonly (number | null)[],
): (number | null)[] {
  let next = 0;
  return x.map((time) => {
    if (times[next] !== time) return null;
    next += 1;
    return values[next - 1] ?? null;
  });
}

function valueAt({ t, v }: History, time: number): number | null {
  const index = t.lastIndexOf(time);
  return index === -1 ? null : (v[index] ?? null);
}
