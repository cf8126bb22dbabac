import { describe, expect, it } from 'vitest';
import { MetricScale } from '../../src/evaluation/metric-scale.ts';
import { type HorizonScores, ScoreBoard } from '../../src/evaluation/score-board.ts';
import { Random } from '../../src/numerics/random.ts';

const sections = { scaleEnd: 20, scoredFrom: 25, scoredEnd: 100 };
const horizons = [1, 3, 5];
const LEADS = 5;
const firstRows = [0, 40];
const levels = [0.5, 0.9];
const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95];

/** Rows of two streams; some missing. */
function makeRows(): Float64Array[] {
  const random = new Random(4);
  return Array.from({ length: sections.scoredEnd }, () =>
    Float64Array.from([10, 200], (level) => {
      const value = level + 3 * random.gaussian();
      return random.uniform() < 0.05 ? Number.NaN : value;
    }),
  );
}

/** Medians and bounds for both streams and all leads; the bounds around the medians. */
function makeForecasts() {
  const random = new Random(5);
  return Array.from({ length: sections.scoredEnd }, () => {
    const median = Float64Array.from({ length: 2 * LEADS }, (_, i) => {
      return (i < LEADS ? 10 : 200) + random.gaussian();
    });
    const bounds = [...median].flatMap((m) => [m - 2, m - 4, m + 2, m + 4]);
    return { median, bounds: Float64Array.from(bounds) };
  });
}

function judged(options: { levels: readonly number[] }) {
  const scale = new MetricScale(2);
  const board = new ScoreBoard({ streams: 2, horizons, sections, scale, firstRows, ...options });
  const [rows, forecasts] = [makeRows(), makeForecasts()];
  rows.forEach((values, index) => {
    if (index < sections.scaleEnd) scale.add(values);
    board.score(index, values);
    board.keep(index, forecasts[index]!);
  });
  return { board, rows, forecasts, scale };
}

/** All errors of a horizon straight from the definition. */
function errorsOf(horizon: number, leads: readonly number[]) {
  const { rows, forecasts, scale } = judged({ levels });
  const list: { z: number; scaled: number; pinball: number; inside: boolean[] }[] = [];
  for (let origin = sections.scoredFrom - 1; origin <= sections.scoredEnd - 1 - horizon; origin++) {
    for (const lead of leads) {
      for (const stream of [0, 1]) {
        const y = rows[origin + lead]![stream]!;
        if (Number.isNaN(y)) continue;
        const at = stream * LEADS + lead - 1;
        const { median, bounds } = forecasts[origin]!;
        const [l50, l90, u50, u90] = bounds.slice(4 * at, 4 * at + 4);
        const error = y - median[at]!;
        const deviation = scale.deviation(stream);
        const issued = [l90!, l50!, median[at]!, u50!, u90!];
        const losses = issued.map((q, i) => (quantiles[i]! - (y < q ? 1 : 0)) * (y - q));
        list.push({
          z: error / deviation,
          scaled: Math.abs(error) / scale.change(stream),
          pinball: mean(losses) / deviation,
          inside: [y >= l50! && y <= u50!, y >= l90! && y <= u90!],
        });
      }
    }
  }
  return list;
}

const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;

describe('ScoreBoard', () => {
  it.each(horizons.map((horizon, index) => [horizon, index]))(
    'measures at horizon %i what the definitions say',
    (horizon, index) => {
      const scores: HorizonScores = judged({ levels }).board.scores(index);
      const steps = Array.from({ length: horizon }, (_, i) => i + 1);
      const all = errorsOf(horizon, steps);
      expect(scores.mse).toBeCloseTo(mean(all.map(({ z }) => z * z)), 12);
      expect(scores.mae).toBeCloseTo(mean(all.map(({ z }) => Math.abs(z))), 12);
      const last = errorsOf(horizon, [horizon]);
      expect(scores.mase).toBeCloseTo(mean(last.map(({ scaled }) => scaled)), 12);
      expect(scores.crps).toBeCloseTo(2 * mean(last.map(({ pinball }) => pinball)), 6);
      const inside = (level: number, list = last) =>
        mean(list.map((one) => Number(one.inside[level])));
      expect(scores.coverage?.['0.5']).toBeCloseTo(inside(0), 12);
      expect(scores.coverage?.['0.9']).toBeCloseTo(inside(1), 12);
      const byLead = steps.map((lead) => errorsOf(horizon, [lead]));
      expect(scores.maseMean).toBeCloseTo(
        mean(byLead.map((l) => mean(l.map((e) => e.scaled)))),
        12,
      );
      expect(scores.crpsMean).toBeCloseTo(
        2 * mean(byLead.map((l) => mean(l.map((e) => e.pinball)))),
        6,
      );
      expect(scores.coverageMean?.['0.5']).toBeCloseTo(mean(byLead.map((l) => inside(0, l))), 12);
    },
  );

  it('takes a forecast without intervals for all its quantiles at once', () => {
    const scores = judged({ levels: [] }).board.scores(2);
    const last = errorsOf(5, [5]);
    expect(scores.crps).toBeCloseTo(mean(last.map(({ z }) => Math.abs(z))), 12);
    expect(scores.coverage).toBeNull();
    expect(scores.coverageWorst).toBeNull();
  });

  it('measures a stream that joined over its readings 5 to 60', () => {
    const { board, rows, forecasts, scale } = judged({ levels });
    const errors: number[] = [];
    for (let origin = 44; origin <= Math.min(99, sections.scoredEnd - 1 - 3); origin++) {
      for (const lead of [1, 2, 3]) {
        const error = rows[origin + lead]![1]! - forecasts[origin]!.median[LEADS + lead - 1]!;
        if (!Number.isNaN(error)) errors.push(Math.abs(error) / scale.change(1));
      }
    }
    expect(board.scores(1).maseJoining).toBeCloseTo(mean(errors), 12);
  });

  it('knows no figures when every target is missing', () => {
    const scale = new MetricScale(1);
    const board = new ScoreBoard({ streams: 1, horizons: [1], levels, sections, scale, firstRows });
    for (let index = 0; index < sections.scoredEnd; index++) {
      board.score(index, Float64Array.of(Number.NaN));
      board.keep(index, { median: new Float64Array(1), bounds: new Float64Array(4) });
    }
    const scores = board.scores(0);
    expect([scores.mse, scores.mae, scores.mase, scores.crps]).toEqual([null, null, null, null]);
    expect(scores.coverage).toEqual({ '0.5': null, '0.9': null });
  });
});
