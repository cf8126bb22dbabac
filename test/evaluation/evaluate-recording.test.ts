import { describe, expect, it } from 'vitest';
import { baselineNames } from '../../src/evaluation/baselines/create-baseline.ts';
import {
  type EvaluationOptions,
  evaluateRecording,
} from '../../src/evaluation/evaluate-recording.ts';
import { jsonResult } from '../../src/evaluation/evaluation-json.ts';
import { asItStands, forecasters } from './forecasters-under-test.ts';
import { recordingOf } from './recording.ts';

const ROWS = 1_200;

/** Judges everyone but the engine, unless others are named. */
function evaluated(
  columns: Record<string, (number | null)[]>,
  { names = baselineNames, ...options }: Partial<EvaluationOptions> & { names?: readonly string[] },
) {
  return evaluateRecording(recordingOf(columns), {
    name: 'plant.csv',
    preset: 'ratio',
    horizons: [1, 8],
    changes: asItStands,
    createForecasters: (shape) =>
      forecasters.filter(([name]) => names.includes(name)).map(([, create]) => create(shape)),
    cpuTimeUs: () => 0,
    onProgress: () => {},
    ...options,
  });
}

const series = (at: (t: number) => number | null) => Array.from({ length: ROWS }, (_, t) => at(t));

describe('evaluateRecording', () => {
  it('finds no one-step error of regression and smoothing on a ramp, and one step of persistence', async () => {
    const { forecasters: results } = await evaluated({ ramp: series((t) => 5 + 0.25 * t) }, {});
    const mase = new Map(results.map(({ name, horizons }) => [name, horizons[0]!.mase]));
    expect(mase.get('persistence')).toBe(1);
    expect(mase.get('holt-winters')).toBeLessThan(1e-5);
    expect(mase.get('rls')).toBeLessThan(1e-3);
  });

  it('gives persistence the errors that a ramp has at every lead', async () => {
    const { forecasters: results } = await evaluated({ ramp: series((t) => 2 * t) }, {});
    const scores = results.find(({ name }) => name === 'persistence')!.horizons[1]!;
    const deviation = 2 * Math.sqrt((240 ** 2 - 1) / 12);
    expect(scores.mae).toBeCloseTo((2 * 4.5) / deviation, 10);
    expect(scores.mse).toBeCloseTo((4 * 25.5) / deviation ** 2, 10);
    expect(scores.mase).toBeCloseTo(8, 10);
    expect(scores.maseMean).toBeCloseTo(4.5, 10);
  });

  it('does not score missing targets', async () => {
    const columns = { a: series((t) => (t % 3 === 0 ? null : t % 2)) };
    const { forecasters: results } = await evaluated(columns, { names: ['persistence'] });
    const absolute = series((t) => {
      if (t < 300 || t % 3 === 0) return null;
      const before = (t - 1) % 3 === 0 ? t - 2 : t - 1;
      return Math.abs((t % 2) - (before % 2));
    }).filter((error) => error !== null);
    const mean = absolute.reduce((sum, error) => sum + error, 0) / absolute.length;
    expect(results[0]!.horizons[0]!.mae).toBeCloseTo(mean / 0.5, 10);
  });

  it('judges the engine with its intervals beside the baselines', async () => {
    const wave = series((t) => 20 + Math.sin(t / 4) + ((t * 7_919) % 13) / 20);
    const names = ['inkling', 'persistence'];
    const result = await evaluated({ wave }, { names });
    const label = { dataset: 'plant', preset: 'ratio', seed: 1, horizons: [1, 8] };
    const { models, ...rest } = jsonResult(label, result);
    expect(rest).toEqual({ dataset: 'plant', rows: ROWS, streams: 1, preset: 'ratio', seed: 1 });
    expect(Object.keys(models)).toEqual(names);
    const { coverage, skill, mae } = models['inkling']!.horizons['8']!;
    const persistence = models['persistence']!.horizons['8']!;
    expect(skill['persistence']).toBeCloseTo(1 - mae! / persistence.mae!, 12);
    expect(skill['persistence']).toBeGreaterThan(0);
    expect(coverage!['0.95']).toBeGreaterThan(0.85);
    expect(coverage!['0.5']).toBeLessThan(coverage!['0.95']!);
    expect(persistence.coverage).toBeNull();
  }, 20_000);

  it('measures learning apart from serving', async () => {
    let now = 0;
    const wave = series((t) => Math.sin(t / 4));
    const result = await evaluated(
      { wave },
      { names: ['persistence'], cpuTimeUs: () => (now += 5) },
    );
    expect(result.forecasters[0]!.usPerReading).toBe(5);
    expect(result.forecasters[0]!.usLearning).toBe(0);
  });

  it('tells how far it is up to the end, and never goes back', async () => {
    const shares: (number | null)[] = [];
    await evaluated({ a: series((t) => t % 5) }, { onProgress: ({ share }) => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    const known = shares.filter((share) => share !== null);
    expect(shares.slice(-known.length)).toEqual(known.toSorted((a, b) => a - b));
    expect(shares.slice(0, -known.length)).toEqual(new Array(ROWS / 100).fill(null));
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const run = evaluated(
      { a: series((t) => t % 5) },
      {
        signal: controller.signal,
        onProgress: ({ share }) => {
          if (share !== null && share > 0.5) controller.abort();
        },
      },
    );
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('refuses a recording that is too short before it judges anything', async () => {
    const run = evaluated({ a: [1, 2, 3] }, { createForecasters: () => expect.unreachable() });
    await expect(run).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' });
  });

  it('keeps the figures of hundreds of columns apart', async () => {
    const columns = Object.fromEntries(
      Array.from({ length: 300 }, (_, k) => [`c${k}`, series((t) => (t % 2) * (k + 1))]),
    );
    const { streams, forecasters: results } = await evaluated(columns, { names: ['persistence'] });
    expect(streams).toBe(300);
    expect(results[0]!.horizons[0]!.mae).toBeCloseTo(2, 10);
  });
});
