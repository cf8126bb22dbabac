import { describe, expect, it } from 'vitest';
import { retainSegments } from '../../../src/adapters/journal/retention.ts';
import { segmentName } from '../../../src/adapters/journal/segment-format.ts';
import { WeightsFiles } from '../../../src/adapters/journal/weights-files.ts';
import { type Disk, emptyDisk, eventOf, openJournal, recover } from './journal-under-test.ts';

const HOUR = 3_600_000;

/** Ten segments of three events, one begun each hour: at hour n, events 3 n + 1 to 3 n + 3. */
async function tenHours(): Promise<Disk> {
  const disk = emptyDisk();
  let hour = 0;
  const clock = { now: () => hour * HOUR };
  const journal = openJournal(disk, 0, { segmentBytes: 1, clock });
  for (hour = 0; hour < 10; hour++) {
    await Promise.all([1, 2, 3].map((n) => journal.append(eventOf(3 * hour + n))));
  }
  await journal.close();
  return disk;
}

function retain(
  disk: Disk,
  limits: { retainMs?: number | null; retainBytes?: number; neededAfter?: number; now?: number },
) {
  return retainSegments({
    folder: disk.segments,
    weights: new WeightsFiles(disk.weights),
    retainMs: null,
    retainBytes: 1e9,
    neededAfter: 30,
    now: 10 * HOUR,
    ...limits,
  });
}

const firsts = (disk: Disk) => disk.segments.names().map((name) => Number(name.slice(0, 16)));

describe('retention', () => {
  it('keeps everything while nothing is too old or too much', async () => {
    const disk = await tenHours();
    expect(await retain(disk, { retainMs: 10 * HOUR })).toMatchObject({ removed: 0, segments: 10 });
  });

  it('removes segments whose every event is older than the limit', async () => {
    const disk = await tenHours();
    expect(await retain(disk, { retainMs: 4 * HOUR })).toMatchObject({ removed: 5, segments: 5 });
    expect(firsts(disk)).toEqual([16, 19, 22, 25, 28]);
  });

  it('removes the oldest segments until the rest fits the bytes, but never the newest', async () => {
    const disk = await tenHours();
    const { length } = disk.segments.get(segmentName(1));
    const { bytes } = await retain(disk, { retainBytes: 3.5 * length });
    expect(bytes).toBeLessThanOrEqual(3.5 * length);
    expect(firsts(disk).at(0)).toBeGreaterThanOrEqual(19);
    await retain(disk, { retainBytes: 0 });
    expect(firsts(disk)).toEqual([28]);
  });

  it('keeps every event after the oldest snapshot, whatever the limits', async () => {
    const disk = await tenHours();
    await retain(disk, { retainBytes: 0, retainMs: 0, neededAfter: 13 });
    expect(firsts(disk)).toEqual([13, 16, 19, 22, 25, 28]);
    expect((await recover(disk, 13)).folded).toEqual(
      Array.from({ length: 17 }, (_, i) => eventOf(14 + i)),
    );
    expect((await recover(disk, 12)).events).toBe(18);
  });

  it('removes weights with the segment that names them', async () => {
    const disk = await tenHours();
    const before = disk.weights.names().map((name) => Number(name.slice(0, 16)));
    expect(before).toEqual([3, 14, 25]);
    await retain(disk, { retainBytes: 0, neededAfter: 14 });
    expect(firsts(disk)[0]).toBe(13);
    expect(disk.weights.names().map((name) => Number(name.slice(0, 16)))).toEqual([14, 25]);
  });
});
