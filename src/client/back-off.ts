const firstDelayMs = 500;
const delayMsMax = 30_000;

/**
 * How long to wait before connection attempt number `attempt` (0 is the first after a loss), in
 * milliseconds. The ceiling doubles from half a second up to thirty; the wait is drawn from its
 * upper half, so that the clients of a restarted server come back spread out and still none of them
 * comes back at once. `random` returns numbers in [0, 1).
 */
export function backOffMs(attempt: number, random: () => number): number {
  const ceilingMs = Math.min(delayMsMax, firstDelayMs * 2 ** Math.min(attempt, 16));
  return Math.round(ceilingMs * (0.5 + 0.5 * random()));
}

/** Uniform numbers in [0, 1) from the runtime's cryptographic source: jitter needs no seed. */
export function systemRandom(): number {
  return (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}
