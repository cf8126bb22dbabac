/**
 * How simulated time follows the wall clock: it starts in the past, runs `speed` times as fast and,
 * once it has caught up with the present, goes on with it.
 *
 *     simulated ▲            ╱ present
 *               │          ╱
 *               │      ⟋ ╱      speed 60 until the lines meet
 *         start ├─────  startedAt ─────▶ wall clock
 */

/** How many times faster than the wall clock, above 0; `max`: without waiting. */
export type SimulationSpeed = number | 'max';

export interface ScheduleOptions {
  /** Simulated time at the beginning, ms since 1970. */
  readonly start: number;
  /** Wall clock at the beginning, ms since 1970. */
  readonly startedAt: number;
  readonly speed: SimulationSpeed;
}

export interface Schedule {
  /** Simulated time up to which messages are due when the wall clock says `nowMs`; never later. */
  dueUntil(nowMs: number): number;
}

export function createSchedule({ start, startedAt, speed }: ScheduleOptions): Schedule {
  if (speed !== 'max' && !(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`expected a speed above 0 or "max", got "${speed}"`);
  }
  return {
    dueUntil(nowMs) {
      if (speed === 'max') return nowMs;
      return Math.min(start + (nowMs - startedAt) * speed, nowMs);
    },
  };
}
