import { describe, expect, it } from 'vitest';
import { LeastSquares } from '../../src/evaluation/baselines/least-squares.ts';
import { type Forecaster, PerStream } from '../../src/evaluation/forecaster.ts';
import { Random } from '../../src/numerics/random.ts';
import {
  asItStands,
  type ForecasterShape,
  forecasters,
  forecastsOf,
  LEADS,
  smallForecaster,
} from './forecasters-under-test.ts';

const ROWS = 480;
const CHANGED_FROM = 400;

/** Two noisy daily waves. */
function waves(): Record<string, number[]> {
  const random = new Random(1);
  const wave = (shift: number) =>
    Array.from({ length: ROWS }, (_, t) => {
      return 20 + 5 * Math.sin((t + shift) / 3.8) + random.gaussian();
    });
  return { first: wave(0), second: wave(9) };
}

/** The same with every value from a row on changed. */
function changed(columns: Record<string, number[]>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => {
      return [name, values.map((value, t) => (t >= CHANGED_FROM ? 100 - 3 * value : value))];
    }),
  );
}

/** The first row whose forecasts depend on rows from CHANGED_FROM on; Infinity: none. */
async function firstDependence(
  create: (
    shape: ForecasterShape,
    columns: Readonly<Record<string, readonly number[]>>,
  ) => Forecaster,
): Promise<number> {
  const runs = [waves(), changed(waves())];
  const [one, other] = await Promise.all(
    runs.map((columns) => forecastsOf((shape) => create(shape, columns), columns)),
  );
  const index = one!.findIndex((forecasts, row) => {
    return forecasts.some((value, i) => !Object.is(value, other![row]![i]));
  });
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

/** Learns from labels that have not happened yet: each row it is shown is one of the future. */
function leaking(inner: Forecaster, columns: Readonly<Record<string, readonly number[]>>) {
  const learn: Forecaster['learn'] = (row) => {
    const ahead = Math.min(ROWS - 1, row.index + LEADS);
    const values = Float64Array.from(Object.values(columns), (column) => column[ahead]!);
    inner.learn({ ...row, values });
  };
  const { name, levels, trainingUs } = inner;
  return { name, levels, trainingUs, learn, forecast: inner.forecast.bind(inner) };
}

describe('a changed future', () => {
  it.each(forecasters)('leaves every earlier forecast of %s bit-identical', async (_, create) => {
    const first = await firstDependence(create);
    expect(first).toBeGreaterThanOrEqual(CHANGED_FROM);
    expect(first).toBeLessThan(ROWS);
  });

  it('shows a regression that is fed with leaked labels', async () => {
    const create = (shape: ForecasterShape, columns: Record<string, readonly number[]>) => {
      const { leads } = shape;
      const regression = () => new LeastSquares({ period: 24, leads, forgetting: 0.9999 });
      return leaking(new PerStream('leak', shape.columns.length, regression), columns);
    };
    expect(await firstDependence(create)).toBe(CHANGED_FROM - LEADS);
  });

  it('shows an engine whose training is fed with leaked labels', async () => {
    const create = (shape: ForecasterShape, columns: Record<string, readonly number[]>) =>
      leaking(smallForecaster(shape), columns);
    expect(await firstDependence(create)).toBe(CHANGED_FROM - LEADS);
  });
});

describe.each(forecasters)('%s', (name, create) => {
  it('says the same twice', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => forecastsOf(create, waves())));
    expect(one).toEqual(other);
  });

  it('says something finite after every row, whatever the values', async () => {
    const nasty = [0, -0, 1e300, 1e12, -9999, 5e-324, null, 3];
    const odd = Array.from({ length: 300 }, (_, t) => nasty[(t * 7) % nasty.length]!);
    const columns = { odd, flat: odd.map(() => 4), even: odd.map((_, t) => t % 2) };
    const list = await forecastsOf(create, columns);
    const bad = list.findIndex((forecasts) => !forecasts.every(Number.isFinite));
    expect(bad).toBe(-1);
  });

  it('says nothing of a stream that is not there yet, and goes on from its first value', async () => {
    const changes = { ...asItStands, joins: [{ column: 'second', row: 200 }] };
    const list = await forecastsOf(create, waves(), changes);
    const second = (row: number) => list[row]!.slice(LEADS, 2 * LEADS);
    expect(second(199).every(Number.isNaN)).toBe(true);
    expect(second(200).every((value) => value === waves()['second']![200])).toBe(true);
    expect(second(ROWS - 1).every(Number.isFinite)).toBe(true);
  });

  it('does not let a missing value count as one', async () => {
    const columns: Record<string, (number | null)[]> = waves();
    columns['first']![300] = null;
    const list = await forecastsOf(create, columns);
    const before = list[299]!.slice(0, LEADS);
    const after = list[300]!.slice(0, LEADS);
    const jump = Math.abs(after[0]! - before[0]!);
    expect(jump, name).toBeLessThan(5);
  });
});
