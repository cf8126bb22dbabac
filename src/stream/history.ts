/**
 * The newest readings of a stream, in order of time, in two slab columns used as a ring:
 *
 *   count = 5, HISTORY = 4        index  0    1    2    3
 *   oldest is count mod HISTORY         ┌────┬────┬────┬────┐
 *                                       │ t4 │ t1 │ t2 │ t3 │
 *                                       └────┴────┴────┴────┘
 * A missing value is NaN. Late readings are put in their place; the oldest falls out.
 */

/** Readings kept per stream. */
export const HISTORY = 128;

export interface HistoryColumns {
  /** (rows, HISTORY) */
  historyTime: Float64Array;
  historyValue: Float64Array;
  /** Readings ever noted. */
  historyCount: Uint32Array;
}

/** Ring index of the i-th oldest reading kept. */
function slotOf(columns: HistoryColumns, row: number, i: number): number {
  const count = columns.historyCount[row];
  const first = count > HISTORY ? count % HISTORY : 0;
  return row * HISTORY + ((first + i) % HISTORY);
}

/** Readings kept of this stream. */
function historyLength(columns: HistoryColumns, row: number): number {
  return Math.min(columns.historyCount[row], HISTORY);
}

/** Notes a reading newer than all others. */
export function appendHistory(
  columns: HistoryColumns,
  row: number,
  time: number,
  value: number,
): void {
  const slot = row * HISTORY + (columns.historyCount[row] % HISTORY);
  columns.historyTime[slot] = time;
  columns.historyValue[slot] = value;
  columns.historyCount[row] += 1;
}

/** What a reading that is not the newest does to the history. */
export type Correction = 'duplicate' | 'corrected' | 'inserted' | 'too-old';

/** Puts a reading in its place among the newest ones; same time and value: a duplicate. */
export function correctHistory(
  columns: HistoryColumns,
  row: number,
  time: number,
  value: number,
): Correction {
  const length = historyLength(columns, row);
  let place = length;
  while (place > 0 && columns.historyTime[slotOf(columns, row, place - 1)] > time) place--;
  if (place > 0) {
    const slot = slotOf(columns, row, place - 1);
    if (columns.historyTime[slot] === time) {
      if (Object.is(columns.historyValue[slot], value)) return 'duplicate';
      columns.historyValue[slot] = value;
      return 'corrected';
    }
  }
  if (place === 0 && length === HISTORY) return 'too-old';
  appendHistory(columns, row, time, value);
  const last = historyLength(columns, row) - 1;
  const target = length === HISTORY ? place - 1 : place;
  for (let i = last; i > target; i--) {
    const to = slotOf(columns, row, i);
    const from = slotOf(columns, row, i - 1);
    columns.historyTime[to] = columns.historyTime[from];
    columns.historyValue[to] = columns.historyValue[from];
  }
  const slot = slotOf(columns, row, target);
  columns.historyTime[slot] = time;
  columns.historyValue[slot] = value;
  return 'inserted';
}

/** The newest `limit` readings with from ≤ t ≤ to, ascending in time; a missing value is null. */
export function readHistory(
  columns: HistoryColumns,
  row: number,
  from: number,
  to: number,
  limit: number,
): { t: number[]; v: (number | null)[] } {
  const t: number[] = [];
  const v: (number | null)[] = [];
  for (let i = historyLength(columns, row) - 1; i >= 0 && t.length < limit; i--) {
    const slot = slotOf(columns, row, i);
    const time = columns.historyTime[slot];
    if (time < from) break;
    if (time > to) continue;
    const value = columns.historyValue[slot];
    t.push(time);
    v.push(Number.isNaN(value) ? null : value);
  }
  return { t: t.reverse(), v: v.reverse() };
}
