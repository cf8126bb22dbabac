/** Monotonic time of this thread in milliseconds, of no particular origin. */
export interface MonotonicClock {
  nowMs(): number;
}

export const workerClock: MonotonicClock = { nowMs: () => performance.now() };
