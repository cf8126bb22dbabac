import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/engine/event.ts';
import type { Outcomes } from '../../src/engine/outcome.ts';
import { forecastPipeline } from '../../src/pipeline/forecast-pipeline.ts';
import type { Journal, Message } from '../../src/pipeline/ports.ts';

const nothing: Outcomes = { steps: [], notices: [], created: [], removed: [] };

/** A pipeline whose journal commits when the test says so. */
function pipelineUnderTest() {
  const messages$ = new Subject<Message>();
  const log: string[] = [];
  const commits: { commit: () => void; fail: () => void }[] = [];
  let full: Promise<void> | null = null;
  let makeRoom = (): void => {};
  const journal: Journal = {
    append: (event) =>
      new Promise((resolve, reject) => {
        log.push(`journal ${event.kind}`);
        commits.push({
          commit: () => resolve(commits.length),
          fail: () => reject(new Error('full')),
        });
      }),
    accepting: () => full,
    close: () => Promise.resolve(),
  };
  let endTurn = (): void => {};
  const pipeline = forecastPipeline({
    messages$,
    decode: ({ topic }) => [
      { stream: topic, time: null, value: 1, unit: null, retained: false, labels: null },
    ],
    apply: (event: EngineEvent) => {
      log.push(
        `apply ${event.kind === 'readings' ? event.readings.map((r) => r.stream) : event.kind}`,
      );
      return nothing;
    },
    demand: { forecast: () => false, intervals: false },
    journal,
    clock: { now: () => 1_000 },
    afterTurn: (callback) => {
      endTurn = callback;
    },
    onUncommitted: () => log.push('uncommitted'),
  });
  const send = (topic: string): void =>
    messages$.next({
      topic,
      payload: new Uint8Array(),
      retained: false,
      acknowledge: () => log.push(`ack ${topic}`),
    });
  const fill = (): void => {
    full = new Promise((resolve) => {
      makeRoom = resolve;
    });
  };
  const empty = (): void => {
    full = null;
    makeRoom();
  };
  return { pipeline, log, commits, send, endTurn: () => endTurn(), fill, empty };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the forecast pipeline', () => {
  it('hands an event to the journal, folds it, and acknowledges once the journal has it', async () => {
    const { pipeline, log, commits, send, endTurn } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    send('a');
    send('b');
    endTurn();
    await settled();
    expect(log).toEqual(['journal readings', 'apply a,b']);
    commits[0]?.commit();
    await settled();
    expect(log.slice(2)).toEqual(['ack a', 'ack b']);
  });

  it('acknowledges nothing that the journal could not take', async () => {
    const { pipeline, log, commits, send, endTurn } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    send('a');
    endTurn();
    commits[0]?.fail();
    await settled();
    expect(log).toEqual(['journal readings', 'apply a', 'uncommitted']);
  });

  it('folds nothing while the journal accepts nothing, and loses no message', async () => {
    const { pipeline, log, commits, send, endTurn, fill, empty } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    fill();
    send('a');
    endTurn();
    await expect(pipeline.submit({ kind: 'tick', at: 5 })).rejects.toMatchObject({
      code: 'ERR_JOURNAL_WRITE',
    });
    expect(log).toEqual([]);
    empty();
    await settled();
    expect(log).toEqual(['journal readings', 'apply a']);
    commits[0]?.commit();
    await settled();
    expect(log.slice(2)).toEqual(['ack a']);
  });

  it('folds each event once, however many listen', () => {
    const { pipeline, log, send, endTurn } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    pipeline.outcomes$.subscribe();
    send('a');
    endTurn();
    expect(log.filter((line) => line.startsWith('apply'))).toEqual(['apply a']);
  });

  it('hands outcomes to those who wait for the journal in order, and none that it refused', async () => {
    const { pipeline, commits } = pipelineUnderTest();
    let seen = 0;
    pipeline.outcomes$.subscribe();
    pipeline.committed$.subscribe(() => {
      seen++;
    });
    void pipeline.submit({ kind: 'tick', at: 5 });
    pipeline.submit({ kind: 'tick', at: 6 }).catch(() => {});
    expect(seen).toBe(0);
    commits[0]?.commit();
    commits[1]?.fail();
    await settled();
    expect(seen).toBe(1);
  });

  it('refuses events once it is closed', async () => {
    const { pipeline } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    pipeline.close();
    await expect(pipeline.submit({ kind: 'tick', at: 5 })).rejects.toMatchObject({
      code: 'ERR_NOT_READY',
    });
  });

  it('tells who submitted an event when the journal has it', async () => {
    const { pipeline, commits } = pipelineUnderTest();
    pipeline.outcomes$.subscribe();
    const submitted = pipeline.submit({ kind: 'tick', at: 5 });
    const refused = pipeline.submit({ kind: 'tick', at: 6 });
    const told = Promise.all([
      expect(submitted).resolves.toBe(2),
      expect(refused).rejects.toThrow('full'),
    ]);
    commits[0]?.commit();
    commits[1]?.fail();
    await told;
  });
});
