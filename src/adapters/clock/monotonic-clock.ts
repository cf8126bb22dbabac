/** Seconds that only rise, from an arbitrary moment on: for durations. */
export function monotonicSeconds(): number {
  return performance.now() / 1_000;
}
