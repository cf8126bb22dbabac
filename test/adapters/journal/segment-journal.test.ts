import { describe, expect, it } from 'vitest';
import type { SegmentJournal } from '../../../src/adapters/journal/segment-journal.ts';
import { Random } from '../../../src/numerics/random.ts';
import { FaultPlan } from './faulty-folder.ts';
import {
  type Disk,
  emptyDisk,
  eventOf,
  eventsOf,
  openJournal,
  quiet,
  readAll,
  recover,
} from './journal-under-test.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Appends events in bursts of different sizes; the positions that were acknowledged, in order. */
async function appendBursts(journal: SegmentJournal, first: number, bursts: readonly number[]) {
  const acknowledged: number[] = [];
  const waiting: Promise<unknown>[] = [];
  let next = first;
  for (const burst of bursts) {
    for (let i = 0; i < burst; i++) {
      waiting.push(
        journal.append(eventOf(next)).then(
          (position) => acknowledged.push(position),
          () => {},
        ),
      );
      next += 1;
    }
    await turn();
  }
  return { acknowledged, waiting, appended: next - 1 };
}

const bursts = [1, 3, 1, 1, 5, 2, 1];
const sum = bursts.reduce((a, b) => a + b, 0);

describe('SegmentJournal', () => {
  it('gives back every event in order, over segments and restarts', async () => {
    const disk = emptyDisk();
    for (let run = 0; run < 3; run++) {
      const { position } = await recover(disk);
      expect(position).toBe(run * sum);
      const journal = openJournal(disk, position);
      const { acknowledged, waiting } = await appendBursts(journal, position + 1, bursts);
      await Promise.all(waiting);
      expect(acknowledged).toEqual(eventsOf(1, sum).map((_, i) => position + 1 + i));
      await journal.close();
    }
    const { events, end } = await readAll(disk);
    expect(events).toEqual(eventsOf(1, 3 * sum));
    expect(end.damage).toBeNull();
    expect(disk.segments.names().length).toBeGreaterThan(5);
    expect((await readAll(disk, 20)).events).toEqual(eventsOf(20, 3 * sum));
  });

  it('commits what waits as one group, and begins the next when that has ended', async () => {
    const disk = emptyDisk();
    const journal = openJournal(disk, 0, { segmentBytes: 1e6 });
    const first = [journal.append(eventOf(1)), journal.append(eventOf(2))];
    await Promise.resolve();
    const second = [journal.append(eventOf(3)), journal.append(eventOf(4))];
    await Promise.all(first);
    expect(journal.state()).toMatchObject({ commits: 1, committed: 2, waiting: 2 });
    await Promise.all(second);
    expect(journal.state()).toMatchObject({ commits: 2, committed: 4, waiting: 0 });
    await journal.close();
  });

  it('tells when events up to a position are durable', async () => {
    const journal = openJournal(emptyDisk());
    await journal.whenDurable(0);
    let isDurable = false;
    const durable = journal.whenDurable(2).then(() => {
      isDurable = true;
    });
    await journal.append(eventOf(1));
    expect(isDurable).toBe(false);
    await journal.append(eventOf(2));
    await durable;
    const never = journal.whenDurable(9);
    await Promise.all([
      expect(never).rejects.toMatchObject({ code: 'ERR_JOURNAL_WRITE' }),
      journal.close(),
    ]);
  });

  it('takes nothing after it was closed', async () => {
    const journal = openJournal(emptyDisk());
    await journal.close();
    await expect(journal.append(eventOf(1))).rejects.toMatchObject({ code: 'ERR_JOURNAL_WRITE' });
  });

  it('accepts nothing more while too much waits, and again when half of it is written', async () => {
    const journal = openJournal(emptyDisk(), 0, { queueBytesMax: 100 });
    const appended: Promise<number>[] = [];
    for (let n = 1; journal.accepting() === null; n++) appended.push(journal.append(eventOf(n)));
    expect(appended.length).toBeGreaterThan(1);
    await journal.accepting();
    expect(journal.accepting()).toBeNull();
    await Promise.all(appended);
    await journal.close();
  });
});

describe('a journal whose disk fails', () => {
  it.each(['before', 'after'] as const)(
    'writes everything in its order once the disk is back, whichever call failed (%s its effect)',
    async (fault) => {
      let hits = 0;
      for (const count of [1, 4]) {
        for (let n = 1; ; n++) {
          const plan = new FaultPlan(fault, n, count);
          if (!(await survivesFault(plan))) break;
          hits += 1;
        }
      }
      expect(hits).toBeGreaterThan(60);
    },
    30_000,
  );

  it('acknowledges nothing, says why and accepts nothing until then', async () => {
    const plan = new FaultPlan('before', 1, 60);
    const lines: string[] = [];
    const log = { ...quiet, info: (_: object, text: string) => lines.push(text) };
    log.error = (fields: object, text: string) => lines.push(`${text} ${JSON.stringify(fields)}`);
    const journal = openJournal(emptyDisk(plan), 0, { log });
    let acknowledged = 0;
    const appended = journal.append(eventOf(1)).then(() => {
      acknowledged += 1;
    });
    await turn();
    await turn();
    expect(acknowledged).toBe(0);
    expect(journal.state()).toMatchObject({
      isWritable: false,
      problem: 'ENOSPC: it fails on purpose',
      waiting: 1,
    });
    const again = journal.accepting();
    expect(again).not.toBeNull();
    await Promise.all([appended, again]);
    expect(journal.state()).toMatchObject({ isWritable: true, problem: null, waiting: 0 });
    expect(journal.accepting()).toBeNull();
    await journal.close();
    expect(lines).toEqual([
      'The journal cannot be written; nothing is acknowledged until it can. ' +
        '{"code":"ERR_JOURNAL_WRITE","error":"ENOSPC: it fails on purpose"}',
      'The journal can be written again.',
    ]);
  });

  it('tells those who wait when it is closed before the disk is back', async () => {
    const journal = openJournal(emptyDisk(new FaultPlan('before', 1, 1e9)), 0, {
      retryMs: [60_000, 60_000],
    });
    const lost = journal.append(eventOf(1));
    await turn();
    await Promise.all([
      expect(lost).rejects.toMatchObject({ code: 'ERR_JOURNAL_WRITE' }),
      journal.close(),
    ]);
  });
});

describe('a journal whose process ends', () => {
  it('has kept what it acknowledged, and a whole beginning of the rest, at whichever call', async () => {
    let crashes = 0;
    for (let n = 1; ; n++) {
      let hasCome = false;
      for (let cut = 0; cut < 6; cut++) {
        hasCome = await survivesCrash(new FaultPlan('crash', n), new Random(100 * n + cut));
      }
      if (!hasCome) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(30);
  }, 30_000);
});

/** False: the fault did not come. */
async function survivesFault(plan: FaultPlan): Promise<boolean> {
  const disk = emptyDisk(plan);
  const journal = openJournal(disk);
  const { acknowledged, waiting } = await appendBursts(journal, 1, bursts);
  await Promise.all(waiting);
  expect(acknowledged).toEqual(eventsOf(1, sum).map((_, i) => i + 1));
  // What was acknowledged is there after a power cut at once, and after an orderly end.
  const cut = afterCut(disk, new Random(7));
  expect((await recover(cut)).folded.slice(0, sum)).toEqual(eventsOf(1, sum));
  await journal.close();
  const rest = afterCut(disk, new Random(8));
  expect((await recover(rest)).folded).toEqual(eventsOf(1, sum));
  return plan.hasCome;
}

/** False: the crash did not come. */
async function survivesCrash(plan: FaultPlan, random: Random): Promise<boolean> {
  const disk = emptyDisk(plan);
  const journal = openJournal(disk);
  const { acknowledged, appended } = await appendBursts(journal, 1, bursts);
  await journal.close();
  const left = afterCut(disk, random);
  const { folded, position, setAside } = await recover(left);
  expect(setAside).toEqual([]);
  expect(position).toBeGreaterThanOrEqual(acknowledged.length);
  expect(position).toBeLessThanOrEqual(appended);
  expect(folded).toEqual(eventsOf(1, position));
  const next = openJournal(left, position);
  await next.append(eventOf(position + 1));
  await next.close();
  expect((await readAll(left)).events).toEqual(eventsOf(1, position + 1));
  return plan.hasCome;
}

function afterCut({ segments, weights }: Disk, random: Random): Disk {
  return { segments: segments.afterCut(random), weights: weights.afterCut(random) };
}
