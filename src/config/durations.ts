/** Spelling of a duration: one or more numbers with a unit, as in `60s` or `1h30m`. */
export const durationPattern = /^(?:\d{1,15}(?:\.\d{1,9})?(?:ms|s|min|m|h|d|w))+$/;

const partPattern = /(\d+(?:\.\d+)?)(ms|s|min|m|h|d|w)/g;

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Reads a duration as whole milliseconds; null when the text is none. */
export function parseDuration(text: string): number | null {
  if (!durationPattern.test(text)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(partPattern)) {
    totalMs += Number(amount) * unitMs[unit!]!;
  }
  return Math.round(totalMs);
}
