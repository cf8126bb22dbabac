import type { StreamLimits } from './stream-rule.ts';

/**
 * No sensor means more than this, and the squares of its errors must fit float32. The value is shown
 * and flagged like any that breaks a limit.
 */
const VALUE_MAX = 1e15;

/** Which limit a reading breaks, in words; null when it keeps to all. */
export interface LimitBreak {
  readonly direction: 'up' | 'down';
  readonly text: string;
}

/**
 * Checks a value against its stream's plausible range and rate of change. `before` is the newest
 * value that broke no limit, at `beforeTime`; both may be NaN. The rate is that since then, so that
 * a stream whose level has shifted is believed again once it could have got there. A missing value
 * breaks nothing.
 */
export function breaksLimits(
  value: number,
  time: number,
  before: number,
  beforeTime: number,
  limits: StreamLimits,
): LimitBreak | null {
  const { range, maxRate } = limits;
  if (Math.abs(value) > VALUE_MAX) {
    return { direction: value > 0 ? 'up' : 'down', text: `beyond ±${VALUE_MAX}` };
  }
  if (range !== null) {
    if (value < range[0])
      return { direction: 'down', text: `below the plausible range (${range[0]} to ${range[1]})` };
    if (value > range[1])
      return { direction: 'up', text: `above the plausible range (${range[0]} to ${range[1]})` };
  }
  if (maxRate !== null) {
    const rate = (value - before) / (time - beforeTime);
    if (Math.abs(rate) > maxRate) {
      const perMinute = `${maxRate * 60_000}/min`;
      return { direction: rate > 0 ? 'up' : 'down', text: `changes faster than ${perMinute}` };
    }
  }
  return null;
}
