import type { ForecastItem, ReadingItem } from '../protocol/items.ts';
import { readHistory } from '../stream/history.ts';
import { skillOf } from '../stream/trust.ts';
import type { Engine } from './engine.ts';
import { forecastState } from './forecast-item.ts';
import { flagNames } from './showing.ts';
import type { ModelSummary, StreamHistory, StreamState, StreamSummary } from './stream-views.ts';

/** Read-only views of an engine's streams for whoever shows them; all answers are of one moment. */
export class EngineDirectory {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get count(): number {
    return this.#engine.table.count;
  }

  ids(): readonly string[] {
    return this.#engine.table.ids();
  }

  has(id: string): boolean {
    return this.#engine.table.rowOf(id) !== undefined;
  }

  row(id: string): number | null {
    return this.#engine.table.rowOf(id) ?? null;
  }

  /** Null when there is no such stream. */
  summary(id: string): StreamSummary | null {
    const { table, membership } = this.#engine;
    const row = table.rowOf(id);
    if (row === undefined) return null;
    const { columns } = table;
    const group = membership.groups[columns.group[row] - 1];
    const member = columns.member[row];
    const state = group === undefined ? 'warming' : forecastState(group, member);
    const rule = this.#engine.options.rules[columns.rule[row]];
    return {
      id,
      state: columns.stale[row] === 1 ? 'stale' : state,
      cadence: numberOrNull(columns.cadence[row]),
      last: { t: columns.shownTime[row], v: numberOrNull(columns.shownValue[row]) },
      unit: table.unitOf(row),
      skill: group === undefined ? null : skillOf(group.columns, group.layout, member),
      score: null,
      model: group === undefined ? `${rule.model}@0` : `${group.name}@${group.version}`,
    };
  }

  lastReading(id: string): ReadingItem | null {
    const { table } = this.#engine;
    const row = table.rowOf(id);
    if (row === undefined) return null;
    const { columns } = table;
    if (Number.isNaN(columns.shownTime[row])) return null;
    return {
      kind: 'reading',
      stream: id,
      t: columns.shownTime[row],
      v: numberOrNull(columns.shownValue[row]),
      flags: flagNames.filter((_, bit) => (columns.shownFlags[row] >> bit) & 1),
      expected: numberOrNull(columns.shownExpected[row]),
      score: null,
    };
  }

  forecast(id: string): ForecastItem | null {
    const row = this.#engine.table.rowOf(id);
    return row === undefined ? null : this.#engine.forecast(row);
  }

  /** The newest `limit` readings with from ≤ t ≤ to, ascending; null when there is no such stream. */
  history(id: string, from: number, to: number, limit: number): StreamHistory | null {
    const row = this.#engine.table.rowOf(id);
    return row === undefined ? null : readHistory(this.#engine.table.columns, row, from, to, limit);
  }

  /** Hidden and cell state; zeros before the first step. */
  state(id: string): StreamState | null {
    const { table, membership } = this.#engine;
    const row = table.rowOf(id);
    if (row === undefined) return null;
    const group = membership.groups[table.columns.group[row] - 1];
    if (group === undefined) return { h: [], c: [], steps: 0 };
    const member = table.columns.member[row];
    const size = group.shape.hidden * group.shape.layers;
    const part = (state: Float32Array): number[] =>
      Array.from(state.subarray(member * size, (member + 1) * size));
    return {
      h: part(group.kernel.h),
      c: part(group.kernel.c),
      steps: group.columns.step[member],
    };
  }

  models(): ModelSummary[] {
    return this.#engine.membership.groups.map((group) => ({
      model: group.name,
      version: group.version,
      cell: group.shape.cell,
      hidden: group.shape.hidden,
      horizon: group.shape.outputs,
      streams: group.count,
      parameters: group.weights.length,
      loss: group.loss,
    }));
  }
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
