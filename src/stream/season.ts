/**
 * The day behind a stream: the mean of every time slot of the last day it was seen in, which is what
 * the seasonal naive forecast repeats. Cadences of five minutes and more get one slot a step, so
 * the forecast is the value of one day ago; faster streams get the mean of their five minutes.
 *
 *   ring (rows, SLOTS), relative to the stream's origin, NaN where nothing was seen
 *   ┌────┬────┬────┬─ ─ ─┬─────┐   a slot is written when it is over, so a forecast for the
 *   │ 0h │    │    │     │ 24h │   rest of the running slot still repeats yesterday
 *   └────┴────┴────┴─ ─ ─┴─────┘
 */

export const DAY_MS = 86_400_000;
/** Slots of a day, at most. */
export const SLOTS = 288;

/** Slots a day for a cadence; 0: the cadence is too slow for a day to have a shape. */
export function slotsPerDay(cadenceMs: number): number {
  const slots = Math.floor(DAY_MS / Math.max(cadenceMs, DAY_MS / SLOTS));
  return slots >= 2 ? slots : 0;
}

/** Columns that `noteInSeason` works on. */
export interface SeasonColumns {
  /** (rows, SLOTS) */
  seasonRing: Float32Array;
  /** Number of the running slot since 1970; NaN before the first. */
  slotNow: Float64Array;
  slotSum: Float64Array;
  slotCount: Uint32Array;
}

/** Adds a value (relative to the origin) to the slot of its time; closes the slot before when time has moved on. */
export function noteInSeason(
  columns: SeasonColumns,
  row: number,
  timeMs: number,
  value: number,
  slots: number,
): void {
  if (slots === 0) return;
  const slot = Math.floor(timeMs / (DAY_MS / slots));
  if (slot !== columns.slotNow[row]) {
    if (columns.slotCount[row] > 0) {
      const index = ((columns.slotNow[row] % slots) + slots) % slots;
      columns.seasonRing[row * SLOTS + index] = columns.slotSum[row] / columns.slotCount[row];
    }
    columns.slotNow[row] = slot;
    columns.slotSum[row] = 0;
    columns.slotCount[row] = 0;
  }
  columns.slotSum[row] += value;
  columns.slotCount[row] += 1;
}

/** The seasonal naive forecast for a time, relative to the origin; NaN while that slot was never seen. */
export function seasonalValue(
  columns: SeasonColumns,
  row: number,
  timeMs: number,
  slots: number,
): number {
  if (slots === 0) return Number.NaN;
  const index = Math.floor(timeMs / (DAY_MS / slots)) % slots;
  return columns.seasonRing[row * SLOTS + (index < 0 ? index + slots : index)];
}

/** Forgets the day: the slots no longer mean the same times. */
export function clearSeason(columns: SeasonColumns, row: number): void {
  columns.seasonRing.fill(Number.NaN, row * SLOTS, (row + 1) * SLOTS);
  columns.slotNow[row] = Number.NaN;
  columns.slotSum[row] = 0;
  columns.slotCount[row] = 0;
}
