import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { compileSource, decodeMessage } from '../../src/decoding/decode-message.ts';
import { RejectionRing } from '../../src/decoding/rejection-ring.ts';
import { smallEngine } from '../engine/engine-under-test.ts';

/**
 * A device gone mad publishes a million readings, each to a topic of its own, between those of a
 * hundred honest streams: the limit holds, memory stays, and the honest streams do not notice.
 */
const FLOOD = 1_000_000;
const HONEST = 100;
const STREAMS_MAX = 500;
const STEPS = 50;
const FLOOD_A_STEP = FLOOD / STEPS;
const BATCH = 500;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

const everything = { forecast: () => true, intervals: true };

function flooded() {
  const engine = smallEngine({}, { limits: { streams: STREAMS_MAX, modelBytes: 1e9 } });
  const rejections = new RejectionRing();
  const source = compileSource({
    topics: ['#'],
    decode: 'auto',
    stream: '{topic}/{key}',
    include: ['**'],
    timezone: 'UTC',
  });
  /** Folds messages as the service does; what comes out for the honest streams. */
  const publish = (step: number, messages: readonly (readonly [string, string])[]): string[] => {
    const readings = messages.flatMap(([topic, payload]) => {
      const message = { topic, payload: Buffer.from(payload), retained: false };
      const decoded = decodeMessage([source], message);
      for (const rejection of decoded.rejections) rejections.add(rejection);
      return decoded.readings;
    });
    const arrivedAt = START + step * MINUTE;
    const { steps } = engine.apply({ kind: 'readings', arrivedAt, readings }, everything);
    return steps
      .filter(({ reading }) => reading.stream.startsWith('honest/'))
      .map((outcome) => JSON.stringify([outcome.reading, outcome.interval, outcome.forecast]));
  };
  return { engine, rejections, publish };
}

const honest = (step: number): [string, string][] =>
  Array.from({ length: HONEST }, (_, n) => {
    const value = (20 + 3 * Math.sin(step / 9 + n)).toFixed(3);
    return [`honest/${n}`, `{"v":${value},"t":${START + step * MINUTE}}`];
  });

const flood = (from: number): [string, string][] =>
  Array.from({ length: BATCH }, (_, n) => [`flood/${from + n}/x`, `{"a":${n}}`]);

/** Bytes of the heap that are really in use. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('a flood of a million topics', () => {
  it('stays within the limit of streams and leaves existing streams unharmed', () => {
    const calm = flooded();
    const mad = flooded();
    let before = 0;
    for (let step = 0; step < STEPS; step++) {
      expect(mad.publish(step, honest(step))).toEqual(calm.publish(step, honest(step)));
      for (let sent = 0; sent < FLOOD_A_STEP; sent += BATCH) {
        mad.publish(step, flood(step * FLOOD_A_STEP + sent));
      }
      // By then every map and ring that a flood can fill is full.
      if (step === 4) before = heapBytes();
    }
    expect(heapBytes() - before).toBeLessThan(4e6);
    expect(mad.engine.table.count).toBe(STREAMS_MAX);
    expect(mad.engine.counters).toMatchObject({ streamLimit: FLOOD - (STREAMS_MAX - HONEST) });
    expect(calm.engine.table.count).toBe(HONEST);
  });
});
