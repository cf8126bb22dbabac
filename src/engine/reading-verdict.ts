/**
 * What becomes of a reading, by its time alone:
 *
 *   …──────────────┬───────────────────┬──────────┬──────────────────┬─────────▶ t
 *     too late     │ late: corrects    │ duplicate│ next step        │ future: more than
 *     (dropped)    │ history only      │ or       │ (gaps are filled │ 5 minutes ahead of
 *                  │                   │ corrected│ first)           │ arrival (dropped)
 *            newest − lateness       newest
 */
export type Verdict = 'step' | 'late' | 'same-time' | 'too-late' | 'future';

/** A reading may be ahead of its arrival by that much; clocks of devices differ. */
const AHEAD_MAX_MS = 5 * 60_000;

/** Judges a reading's time against the newest step (NaN: none yet) and its arrival. */
export function judgeTime(
  time: number,
  newest: number,
  arrivedAt: number,
  latenessMs: number,
): Verdict {
  if (time > arrivedAt + AHEAD_MAX_MS) return 'future';
  if (Number.isNaN(newest) || time > newest) return 'step';
  if (time === newest) return 'same-time';
  return newest - time <= latenessMs ? 'late' : 'too-late';
}
