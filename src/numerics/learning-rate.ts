/**
 * The learning rate of a run of known length: a linear ramp while Adam's moments settle, then half
 * a cosine down to the rate that training goes on with.
 *
 *   from │   ╭─╮
 *        │  ╱   ╲___
 *   to   │ ╱        ╲_______
 *        └──ramp────updates──▶
 */

export interface LearningRateSchedule {
  /** The rate at the end of the ramp. */
  readonly from: number;
  /** The rate at the last update and ever after. */
  readonly to: number;
  /** Updates of the ramp; 0 for none. */
  readonly rampUpdates: number;
  /** Updates of the whole run, the ramp included; more than `rampUpdates`. */
  readonly updates: number;
}

/** The rate of update `update`, counted from 0. */
export function scheduledLearningRate(update: number, schedule: LearningRateSchedule): number {
  const { from, to, rampUpdates, updates } = schedule;
  if (update < rampUpdates) return (from * (update + 1)) / rampUpdates;
  const fallUpdates = Math.max(1, updates - 1 - rampUpdates);
  const progress = Math.min(1, (update - rampUpdates) / fallUpdates);
  return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
