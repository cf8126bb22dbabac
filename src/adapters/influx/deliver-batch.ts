import type { LineBatch } from './line-queue.ts';
import { droppedCount } from './server-answer.ts';

/**
 * Brings a batch home although some of its lines are bad: a part that the server refuses is cut in
 * halves until the bad lines stand alone, so that only they are lost.
 *
 *     ........x.....x.   refused
 *     ........           written
 *             x.....x.   refused → x... (→ x. → x  .) ..x. (→ .. x. → x  .)
 *
 * A line may be sent more than once; that is harmless, as its time names its point.
 */

/** How one POST ended, for good: `stopped` when the writer was closed meanwhile. */
export type PostResult =
  | { readonly kind: 'written' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'line' | 'size'; readonly message: string };

/** Lines that the server will never take. */
export interface RejectedLines {
  /** The line, or the part they are in, each line with its line feed. A view of the batch. */
  readonly lines: Uint8Array;
  /** Lines in that part. */
  readonly lineCount: number;
  /** Those of them that are lost. */
  readonly count: number;
  /** The server's words. */
  readonly message: string;
}

export interface Delivery {
  readonly written: number;
  readonly rejected: readonly RejectedLines[];
  /** The writer was closed before all lines had their answer. */
  readonly stopped: boolean;
}

/**
 * Refused parts that are cut, at most, for one batch: some twenty bad lines are found that way. When
 * all of a batch is bad, thousands of requests would find out nothing more.
 */
const CUTS_MAX = 256;

interface Part {
  readonly from: number;
  readonly to: number;
}

/** Sends a batch, and its parts where it must. `post` tries again by itself what may succeed later. */
export async function deliverBatch(
  batch: LineBatch,
  post: (lines: Uint8Array) => Promise<PostResult>,
  cutsMax = CUTS_MAX,
): Promise<Delivery> {
  const rejected: RejectedLines[] = [];
  let written = 0;
  let cuts = 0;
  const parts: Part[] = [{ from: 0, to: batch.ends.length }];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const result = await post(bytesOf(batch, part));
    const size = part.to - part.from;
    if (result.kind === 'stopped') return { written, rejected, stopped: true };
    if (result.kind === 'written') {
      written += size;
    } else if (size > 1 && (result.kind === 'size' || cuts < cutsMax)) {
      if (result.kind === 'line') cuts += 1;
      const middle = part.from + Math.ceil(size / 2);
      parts.push({ from: middle, to: part.to }, { from: part.from, to: middle });
    } else {
      const count = Math.min(size, droppedCount(result.message) ?? size);
      written += size - count;
      const lines = bytesOf(batch, part);
      rejected.push({ lines, lineCount: size, count, message: result.message });
    }
  }
  return { written, rejected, stopped: false };
}

function bytesOf({ bytes, ends }: LineBatch, { from, to }: Part): Uint8Array {
  return bytes.subarray(from === 0 ? 0 : ends[from - 1], ends[to - 1]);
}
