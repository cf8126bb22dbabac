/** Spelling of a size: a number with a unit, as in `10GB` (10⁹ each) or `64KiB` (1,024 each). */
export const byteSizePattern = /^\d{1,15}(?:\.\d{1,9})? ?(?:B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

const unitBytes: Record<string, number> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Reads a size as whole bytes; null when the text is none. */
export function parseByteSize(text: string): number | null {
  if (!byteSizePattern.test(text)) return null;
  const [, amount, unit] = /^([\d.]+) ?(\w+)$/.exec(text)!;
  return Math.round(Number(amount) * unitBytes[unit!]!);
}
