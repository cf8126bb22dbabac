import { afterEach, describe, expect, it } from 'vitest';
import {
  startTrainingWorker,
  type TrainingWorker,
  type TrainingWorkerOptions,
} from '../../src/adapters/training-worker/training-worker.ts';
import { crc32c } from '../../src/numerics/crc32c.ts';
import type { TrainingReport } from '../../src/pipeline/ports.ts';
import { SimulatedGroup } from '../engine/training/simulated-group.ts';

const OPTIONS = { everyRows: 8, window: 32, publishSeconds: 0.05, checkpointSeconds: 0.2 };
const WAIT_MS = 20_000;

type WeightsReport = Exclude<TrainingReport, { kind: 'checkpoint' }>;

const started: TrainingWorker[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((worker) => worker.stop()));
});

/** A worker whose reports and log lines are kept, and whose weights go live in `group`. */
function startWorker(group: SimulatedGroup, options: Partial<TrainingWorkerOptions> = {}) {
  const lines: string[] = [];
  const reports: TrainingReport[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  let time = 0;
  const worker = startTrainingWorker({
    seed: 1,
    options: OPTIONS,
    log: { info: note, warn: note, error: note },
    clock: { now: () => time++ },
    restartMs: 5,
    ...options,
  });
  started.push(worker);
  worker.results$.subscribe((report) => {
    reports.push(report);
    if (report.kind !== 'checkpoint') group.swap(report.version, report.weights);
  });
  return { worker, lines, reports };
}

/** Feeds rows until the condition holds. */
async function feedUntil(worker: TrainingWorker, group: SimulatedGroup, condition: () => boolean) {
  const deadline = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('the condition was not met in time');
    worker.send(group.rows(8));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('TrainingWorker', () => {
  it('takes rows in and gives better weights and checkpoints back', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const { worker, lines, reports } = startWorker(group);
    worker.adopt({ group: group.group, shape: group.shape, version: 7, weights: group.weights });
    group.version = 7;
    await feedUntil(
      worker,
      group,
      () => reports.some(({ kind }) => kind === 'checkpoint') && reports.length > 4,
    );
    expect(lines).toEqual(['The training worker has started.']);
    const published = reports.filter((report) => report.kind === 'published');
    expect(published[0]!.version).toBe(8);
    expect(published.at(-1)!.loss).toBeLessThan(published[0]!.loss!);
    for (const { weights, digest, seconds } of published as WeightsReport[]) {
      expect(digest).toBe(crc32c(new Uint8Array(weights.buffer)).toString(16).padStart(8, '0'));
      expect(seconds).toBeGreaterThan(0);
    }
  });

  it('gives its state and continues from it in another worker', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const first = startWorker(group);
    await feedUntil(first.worker, group, () => first.reports.length > 1);
    const state = await first.worker.state();
    await first.worker.stop();
    const version = group.version;
    const second = startWorker(group);
    await second.worker.restore(state);
    await feedUntil(second.worker, group, () => second.reports.length > 0);
    expect(second.reports[0]!.version).toBeGreaterThanOrEqual(version);
    expect((await second.worker.state()).length).toBeGreaterThanOrEqual(state.length);
  });

  it('refuses a state with a flipped byte, and goes on without it', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const { worker, reports } = startWorker(group);
    await feedUntil(worker, group, () => reports.length > 0);
    const state = await worker.state();
    state[100]! ^= 1;
    await expect(worker.restore(state)).rejects.toMatchObject({ code: 'ERR_SNAPSHOT_CORRUPT' });
    const before = reports.length;
    await feedUntil(worker, group, () => reports.length > before);
  });

  it('starts again after a crash, from its last state and the live version', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const { worker, lines, reports } = startWorker(group);
    await feedUntil(worker, group, () => reports.length > 0);
    await worker.state();
    await feedUntil(worker, group, () => reports.length > 1);
    const versionBefore = group.version;
    const rows = group.rows(1);
    worker.send({ ...rows, group: 'broken', shape: { ...rows.shape, hidden: -1 } });
    await feedUntil(worker, group, () => worker.counters.crashes > 0);
    expect(lines).toContain('The training worker ended unexpectedly and is started again.');
    const publishedSince = (first: number) =>
      reports.slice(first).find(({ kind }) => kind === 'published');
    const reportsBefore = reports.length;
    await feedUntil(worker, group, () => publishedSince(reportsBefore) !== undefined);
    expect(worker.counters.crashes).toBe(1);
    expect(worker.counters.droppedRows).toBeGreaterThan(0);
    expect(publishedSince(reportsBefore)!.version).toBeGreaterThan(versionBefore);
    expect(lines.at(-1)).toBe('The training worker has started.');
  });

  it('drops and counts rows beyond what may be in flight', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const rows = group.rows(8);
    const inFlightBytesMax = rows.rows.byteLength * 2.5;
    const { worker } = startWorker(group, { inFlightBytesMax });
    for (let k = 0; k < 5; k++) worker.send(group.rows(8));
    expect(worker.counters.droppedRows).toBeGreaterThanOrEqual(2 * rows.count);
    expect(worker.counters.inFlightBytes).toBeLessThanOrEqual(inFlightBytesMax);
    await worker.state();
    expect(worker.counters.inFlightBytes).toBe(0);
  });

  it('stops for good: reports complete, rows are dropped, the last state stays', async () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const { worker, reports } = startWorker(group);
    let completed = false;
    worker.results$.subscribe({
      complete: () => {
        completed = true;
      },
    });
    await feedUntil(worker, group, () => reports.length > 0);
    const state = await worker.state();
    await worker.stop();
    expect(completed).toBe(true);
    worker.send(group.rows(1));
    expect(worker.counters.droppedRows).toBe(6);
    expect(await worker.state()).toEqual(state);
    expect(worker.counters.crashes).toBe(0);
  });
});
