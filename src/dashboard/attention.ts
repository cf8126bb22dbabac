import type { ForecastState } from '../protocol/items.ts';

/** A score from which on a reading counts as odd enough to look at: three powers of ten. */
export const oddScore = 3;

const stateWeight: Record<ForecastState, number> = { stale: 2, fallback: 1, ok: 0, warming: 0 };

/** What the choice of the first stream needs to know of a stream. */
export interface AttentionInput {
  readonly id: string;
  readonly state: ForecastState;
  readonly score: number | null;
}

/** How much a stream asks to be looked at; 0: not at all. An odd reading outweighs any state. */
function attentionOf(stream: AttentionInput): number {
  const score = stream.score ?? 0;
  return score >= oddScore ? 10 + score : stateWeight[stream.state];
}

/** The stream that needs attention most, the earlier one among equals; null when there is none. */
export function mostInNeed(streams: Iterable<AttentionInput>): string | null {
  let best: string | null = null;
  let most = -1;
  for (const stream of streams) {
    const attention = attentionOf(stream);
    if (attention <= most) continue;
    best = stream.id;
    most = attention;
  }
  return best;
}
