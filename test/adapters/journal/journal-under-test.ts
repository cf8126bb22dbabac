import { JournalReader } from '../../../src/adapters/journal/journal-reader.ts';
import { type Recovery, recoverJournal } from '../../../src/adapters/journal/recover-journal.ts';
import {
  SegmentJournal,
  type SegmentJournalOptions,
} from '../../../src/adapters/journal/segment-journal.ts';
import { WeightsFiles } from '../../../src/adapters/journal/weights-files.ts';
import type { EngineEvent } from '../../../src/engine/event.ts';
import type { Logger } from '../../../src/pipeline/ports.ts';
import { FaultPlan, FaultyFolder } from './faulty-folder.ts';

export const quiet: Logger = { info() {}, warn() {}, error() {} };

/** The two folders of a journal, in memory. */
export interface Disk {
  readonly segments: FaultyFolder;
  readonly weights: FaultyFolder;
}

export function emptyDisk(plan = new FaultPlan()): Disk {
  return { segments: new FaultyFolder(plan), weights: new FaultyFolder(plan) };
}

export function openJournal(
  { segments, weights }: Disk,
  position = 0,
  options: Partial<SegmentJournalOptions> = {},
): SegmentJournal {
  return new SegmentJournal({
    folder: segments,
    weights: new WeightsFiles(weights),
    position,
    variant: 'readable',
    clock: { now: () => 1_000_000 },
    log: quiet,
    segmentBytes: 200,
    retryMs: [0, 1],
    ...options,
  });
}

/** All events from a position on, and where they end; changes nothing. */
export async function readAll({ segments, weights }: Disk, from = 1) {
  const reader = new JournalReader(segments, new WeightsFiles(weights), from);
  const events: EngineEvent[] = [];
  for await (const { event } of reader.records()) events.push(event);
  return { events, end: reader.end };
}

/** What a start after `position` folds. */
export async function recover(
  { segments, weights }: Disk,
  position = 0,
  log: Logger = quiet,
): Promise<Recovery & { folded: EngineEvent[] }> {
  const folded: EngineEvent[] = [];
  const recovery = await recoverJournal({
    folder: segments,
    weights: new WeightsFiles(weights),
    position,
    fold: ({ event }) => folded.push(event),
    log,
    clock: { now: () => 0 },
  });
  return { ...recovery, folded };
}

/** The n-th event of a made-up history: all kinds, new weights now and then. */
export function eventOf(n: number): EngineEvent {
  if (n % 11 === 3) {
    return {
      kind: 'weights',
      group: 'shared',
      version: n,
      digest: '',
      weights: Float32Array.of(n, n / 3, -n),
      reason: 'published',
      loss: 1 / n,
      seconds: null,
    };
  }
  if (n % 7 === 2) return { kind: 'tick', at: 1_000 * n };
  if (n % 13 === 5) return { kind: 'remove', stream: `s/${n}`, reason: 'expired' };
  const reading = { time: n, value: n / 10, unit: '°C', retained: false, labels: null };
  const readings = [{ ...reading, stream: `s/${n % 5}` }];
  return { kind: 'readings', arrivedAt: 1_000 * n, readings };
}

export function eventsOf(from: number, to: number): EngineEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => eventOf(from + index));
}
