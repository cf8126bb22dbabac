import { distance } from 'fastest-levenshtein';

/**
 * The candidate that a mistyped word most likely meant; null when none is near enough to suggest.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | null {
  // A very long word cannot be near any of ours, and measuring it would only take time.
  if (word.length === 0 || word.length > 64) return null;
  const typed = word.toLowerCase();
  let nearest: string | null = null;
  let nearestDistance = Math.max(1, Math.round(word.length * 0.4)) + 1;
  for (const candidate of candidates) {
    const far = distance(typed, candidate.toLowerCase());
    if (far < nearestDistance && far < candidate.length) {
      nearest = candidate;
      nearestDistance = far;
    }
  }
  return nearest;
}
