/** Spelling of a rate: units of value a unit of time, as in `5/min`. */
export const ratePattern = /^\d{1,15}(?:\.\d{1,15})? ?\/ ?(?:ms|s|min|m|h|d)$/;

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a rate as units of value a millisecond, above 0; null when the text is none. */
export function parseRate(text: string): number | null {
  if (!ratePattern.test(text)) return null;
  const [amount, unit] = text.split('/').map((part) => part.trim());
  const rate = Number(amount) / unitMs[unit!]!;
  return rate > 0 ? rate : null;
}
