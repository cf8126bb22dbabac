import { setImmediate as nextTurn } from 'node:timers/promises';
import { BATCH_READINGS_MAX } from '../../pipeline/forecast-pipeline.ts';
import { InklingError } from '../../protocol/errors.ts';
import type { Reading } from '../../stream/reading.ts';

/** A request that is not durable by then is answered with ERR_JOURNAL_WRITE. */
const DURABLE_MS_MAX = 5_000;

/**
 * Folds the readings of one request in slices, one a turn of the event loop, and resolves when all of
 * them are durable. When that fails, or takes too long since the disk fails, some may be taken: to
 * send them again is right, and harmless where they carry a time.
 */
export async function ingestReadings(
  readings: readonly Reading[],
  submit: (slice: readonly Reading[]) => Promise<unknown>,
): Promise<void> {
  const commits: Promise<unknown>[] = [];
  for (let first = 0; first < readings.length; first += BATCH_READINGS_MAX) {
    if (first > 0) await nextTurn();
    const commit = submit(readings.slice(first, first + BATCH_READINGS_MAX));
    // It is waited for below; a failure before that is not unheard.
    commit.catch(() => {});
    commits.push(commit);
  }
  await inTime(Promise.all(commits));
}

async function inTime(durable: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = 'Expected the readings to be durable by now, but the disk does not answer.';
    timer = setTimeout(
      () => reject(new InklingError('ERR_JOURNAL_WRITE', message)),
      DURABLE_MS_MAX,
    );
  });
  try {
    await Promise.race([durable, late]);
  } finally {
    clearTimeout(timer);
  }
}
