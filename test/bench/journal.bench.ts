import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegmentJournal } from '../../src/adapters/journal/segment-journal.ts';
import { openSyncedFolder } from '../../src/adapters/journal/synced-folder.ts';
import { WeightsFiles } from '../../src/adapters/journal/weights-files.ts';
import { engineOptionsOf } from '../../src/commands/engine-options-of.ts';
import { defaultConfiguration } from '../../src/config/read-configuration.ts';
import { ByteWriter } from '../../src/engine/byte-writer.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { ReadingsEvent } from '../../src/engine/event.ts';
import { encodeEvent } from '../../src/engine/event-codec.ts';
import { type BenchRow, benchRow } from './bench-row.ts';

/**
 * The journal on a real disk: events of one reading committed in groups of different sizes, the CPU
 * time of a reading in encoding and in the whole journal, and the same beside an engine.
 */

const RUNS = 5;
const GROUP_SIZES = [1, 100, 1_000, 5_000];
const RECORDS_MAX = 100_000;
const GROUPS_MAX = 200;
const STREAMS = 1_000;
const BATCH = 128;
const BATCHES = 1_200;

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of GROUP_SIZES) rows.push(...(await commits(size)));
  rows.push(encoding(), ...(await besideEngine()));
  return rows;
}

async function commits(size: number): Promise<BenchRow[]> {
  const event = readingsEvent(0, 1);
  const groups = Math.min(GROUPS_MAX, RECORDS_MAX / size);
  const rates: number[] = [];
  const micros: number[] = [];
  for (let turn = 0; turn < RUNS; turn++) {
    await withJournal(async (journal) => {
      const [at, cpu] = [performance.now(), cpuMicros()];
      for (let group = 0; group < groups; group++) {
        await Promise.all(Array.from({ length: size }, () => journal.append(event)));
      }
      rates.push((size * groups * 1_000) / (performance.now() - at));
      micros.push((cpuMicros() - cpu) / (size * groups));
    });
  }
  return [
    benchRow(`journal, groups of ${size}`, 'records/s', rates),
    benchRow(`journal cpu, groups of ${size}`, 'µs/record', micros),
  ];
}

function encoding(): BenchRow {
  const events = Array.from({ length: 50 }, (_, n) => readingsEvent(n, BATCH));
  const writer = new ByteWriter();
  const micros: number[] = [];
  for (let turn = 0; turn <= RUNS; turn++) {
    const cpu = cpuMicros();
    for (let n = 0; n < BATCHES; n++) {
      writer.clear();
      encodeEvent(events[n % events.length]!, writer);
    }
    // The first turn compiles.
    if (turn > 0) micros.push((cpuMicros() - cpu) / (BATCHES * BATCH));
  }
  return benchRow('event-codec encode', 'µs/reading', micros);
}

/** An engine fed with batches of readings, each awaited with the journal or with nothing. */
async function besideEngine(): Promise<BenchRow[]> {
  const off: number[] = [];
  const on: number[] = [];
  for (let turn = 0; turn <= RUNS; turn++) {
    const without = await foldCost(null);
    await withJournal(async (journal) => {
      const both = await foldCost(journal);
      // The first turn compiles.
      if (turn > 0) {
        off.push(without);
        on.push(both);
      }
    });
  }
  return [
    benchRow('engine, light, without a journal', 'µs/reading', off),
    benchRow('engine, light, with the journal', 'µs/reading', on),
    benchRow(
      'journal beside the engine',
      'µs/reading',
      on.map((micros, turn) => micros - off[turn]!),
    ),
  ];
}

async function foldCost(journal: SegmentJournal | null): Promise<number> {
  const configuration = defaultConfiguration();
  configuration.limits.modelBytes = 0;
  const engine = new Engine(engineOptionsOf(configuration, 1));
  const perRound = Math.ceil(STREAMS / BATCH);
  // Each stream's first readings create and set it up.
  for (let n = 0; n < 3 * perRound; n++) engine.apply(readingsEvent(n, BATCH));
  const events = Array.from({ length: BATCHES }, (_, n) => readingsEvent(3 * perRound + n, BATCH));
  const cpu = cpuMicros();
  const appended: Promise<number>[] = [];
  for (const [n, event] of events.entries()) {
    if (journal !== null) appended.push(journal.append(event));
    engine.apply(event);
    if (n % 4 === 3) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(appended);
  return (cpuMicros() - cpu) / (BATCHES * BATCH);
}

/** Batch `n` of a fleet in which every stream sends once a minute. */
function readingsEvent(n: number, count: number): ReadingsEvent {
  const readings = Array.from({ length: count }, (_, k) => {
    const reading = n * count + k;
    const time = 1_767_600_000_000 + 60_000 * Math.floor(reading / STREAMS);
    const stream = `plant/line-${reading % 10}/device-${reading % STREAMS}/temperature`;
    const value = Math.round(2_000 + 100 * Math.sin(reading)) / 100;
    return { stream, time, value, unit: null, retained: false, labels: null };
  });
  return { kind: 'readings', arrivedAt: readings.at(-1)!.time + 5, readings };
}

async function withJournal(measure: (journal: SegmentJournal) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'inkling-bench-'));
  const journal = new SegmentJournal({
    folder: await openSyncedFolder(join(dir, 'journal')),
    weights: new WeightsFiles(await openSyncedFolder(join(dir, 'weights'))),
    position: 0,
    variant: 'bench',
    clock: { now: () => 0 },
    log: { info() {}, warn() {}, error() {} },
  });
  try {
    await measure(journal);
  } finally {
    await journal.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
