import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { restoreEngine } from '../../src/engine/engine-snapshot.ts';
import type { EngineEvent } from '../../src/engine/event.ts';
import { decodeSnapshot } from '../../src/engine/snapshot-format.ts';
import { Random } from '../../src/numerics/random.ts';
import type { ForecastItem } from '../../src/protocol/items.ts';
import {
  all,
  MINUTE,
  reading,
  readings,
  START,
  smallEngine,
  someWeights,
  stateBytes,
  wave,
} from './engine-under-test.ts';

/** A history of three streams with gaps, late readings, missing values, ticks, new weights and a removal. */
function history(seed: number, events: number): EngineEvent[] {
  const random = new Random(seed);
  const waves = [1, 2, 3].map(wave);
  const list: EngineEvent[] = [];
  let time = START;
  const shape = smallEngine();
  shape.apply(readings(reading('s/0', START, 1)));
  shape.apply(readings(reading('s/0', START + MINUTE, 2)));
  for (let i = 0; i < events; i++) {
    time += MINUTE * (random.uniform() < 0.05 ? 1 + random.integer(40) : 1);
    const batch = waves
      .map((w, s) => ({ s, value: w(i) }))
      .filter(() => random.uniform() < 0.9)
      .map(({ s, value }) => {
        const t = random.uniform() < 0.05 ? time - 2 * MINUTE + 1 : time;
        return reading(`s/${s}`, t, random.uniform() < 0.05 ? null : value);
      });
    if (batch.length > 0) list.push({ kind: 'readings', arrivedAt: time, readings: batch });
    if (i % 10 === 9) list.push({ kind: 'tick', at: time });
    if (i === 40 || i === 90) {
      const weights = someWeights(shape, i);
      list.push({
        kind: 'weights',
        group: 'shared',
        version: i,
        digest: '',
        weights,
        reason: 'published',
        loss: 1,
        seconds: 1,
      });
    }
    if (i === 60) list.push({ kind: 'remove', stream: 's/1', reason: 'deleted' });
  }
  return list;
}

function fold(engine: Engine, events: readonly EngineEvent[]): ForecastItem[] {
  return events.flatMap((event) =>
    engine.apply(event, all).steps.flatMap(({ forecast }) => (forecast === null ? [] : [forecast])),
  );
}

describe('the engine as a fold', () => {
  it('gives the same bits for the same events', () => {
    const events = history(3, 120);
    const [a, b] = [smallEngine(), smallEngine()];
    expect(fold(a, events)).toEqual(fold(b, events));
    expect(stateBytes(a)).toEqual(stateBytes(b));
    expect(a.counters.weightsRefused).toBe(0);
    expect(a.counters.imputed).toBeGreaterThan(0);
  });

  it('goes on bit for bit from a snapshot taken anywhere', () => {
    const events = history(4, 120);
    const whole = smallEngine();
    const expected = fold(whole, events);
    for (const cut of [1, 17, 62, 101]) {
      const before = smallEngine();
      const head = fold(before, events.slice(0, cut));
      const after = smallEngine();
      restoreEngine(after, decodeSnapshot(stateBytes(before)));
      expect(after.position).toBe(cut);
      const tail = fold(after, events.slice(cut));
      expect([...head, ...tail]).toEqual(expected);
      expect(stateBytes(after)).toEqual(stateBytes(whole));
    }
  });

  it('forecasts a stream alone as it does among others, however the readings are batched', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 30 }),
        (seed, batch) => {
          const w = wave(seed);
          const values = Array.from({ length: 60 }, (_, i) => w(i));
          const alone = smallEngine();
          const lonely = fold(
            alone,
            values.map((v, i) => readings(reading('a', START + i * MINUTE, v))),
          );
          const mixed = values.flatMap((v, i) => {
            const t = START + i * MINUTE;
            return [reading('b', t, 100 - v), reading('a', t, v), reading('c', t, v * v)];
          });
          const crowded = smallEngine();
          const items: ForecastItem[] = [];
          for (let i = 0; i < mixed.length; i += batch) {
            items.push(...fold(crowded, [readings(...mixed.slice(i, i + batch))]));
          }
          expect(items.filter(({ stream }) => stream === 'a')).toEqual(lonely);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('changes no earlier forecast when the future changes', () => {
    const events = history(5, 100);
    const cut = 50;
    const perturbed = events.map((event, i) =>
      i <= cut || event.kind !== 'readings'
        ? event
        : {
            ...event,
            readings: event.readings.map((r) => ({ ...r, value: (r.value ?? 0) * -3 + 1e6 })),
          },
    );
    const before = fold(smallEngine(), events.slice(0, cut + 1));
    const after = fold(smallEngine(), perturbed);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).not.toEqual(fold(smallEngine(), events));
  });

  it('builds no forecast that nobody asked for, with the same state all the same', () => {
    const events = history(6, 40);
    const [asked, unasked] = [smallEngine(), smallEngine()];
    fold(asked, events);
    for (const event of events) {
      expect(unasked.apply(event).steps.every(({ forecast }) => forecast === null)).toBe(true);
    }
    expect(stateBytes(unasked)).toEqual(stateBytes(asked));
  });

  it('keeps h and c when new weights come, and says so', () => {
    const engine = smallEngine();
    for (let i = 0; i < 20; i++) engine.apply(readings(reading('a', START + i * MINUTE, i % 5)));
    const group = engine.membership.groups[0]!;
    const h = group.kernel.h.slice();
    const weights = someWeights(engine);
    const event = {
      kind: 'weights',
      group: group.name,
      version: 3,
      digest: '',
      weights,
      reason: 'published',
      loss: 0.4,
      seconds: 2,
    } as const;
    expect(engine.apply(event).notices).toEqual([
      { kind: 'model', model: group.name, version: 3, event: 'published', loss: 0.4, seconds: 2 },
    ]);
    expect(group.kernel.h).toEqual(h);
    expect(group.version).toBe(3);
  });

  it('refuses weights of another length or with a number that is not finite', () => {
    const engine = smallEngine();
    for (let i = 0; i < 3; i++) engine.apply(readings(reading('a', START + i * MINUTE, i)));
    const group = engine.membership.groups[0]!;
    const good = someWeights(engine);
    const broken = good.slice();
    broken[5] = Number.NaN;
    for (const weights of [good.slice(1), broken]) {
      const event = {
        kind: 'weights',
        group: group.name,
        version: 1,
        digest: '',
        weights,
        reason: 'published',
        loss: null,
        seconds: null,
      } as const;
      expect(engine.apply(event).notices).toEqual([]);
    }
    expect(engine.counters.weightsRefused).toBe(2);
    expect(group.version).toBe(0);
  });

  it('hands over every step of a tracked stream, those of its first event included', () => {
    const engine = smallEngine();
    engine.openTraining();
    const minutes = Array.from({ length: 40 }, (_, i) => reading('a', START + i * MINUTE, i % 7));
    engine.apply(readings(...minutes));
    const { steps } = engine.counters;
    expect(steps).toBeGreaterThan(30);
    expect(engine.takeTrainingRows().map(({ count }) => count)).toEqual([steps]);
    expect(engine.takeTrainingRows()).toEqual([]);
  });
});
