import { HoltWinters } from '../../numerics/holt-winters.ts';
import { type Forecaster, PerStream, type StreamForecaster } from '../forecaster.ts';
import { seasonSteps } from '../row-clock.ts';
import { LeastSquares } from './least-squares.ts';
import { Persistence } from './persistence.ts';
import { SeasonalNaive } from './seasonal-naive.ts';

/** What the engine is compared with, in the order of tables. */
export const baselineNames = ['persistence', 'seasonal-naive', 'holt-winters', 'rls'] as const;
export type BaselineName = (typeof baselineNames)[number];

/** λ of `rls`: it remembers 10,000 steps. */
const FORGETTING = 0.9999;
/** Holt-Winters keeps a season for each of its settings; longer ones would take too much room. */
const SMOOTHED_SEASON_MAX = 1_440;

/** A baseline for every stream of a recording. */
export function createBaseline(
  name: BaselineName,
  { streams, leads, stepMs }: { streams: number; leads: number; stepMs: number | null },
): Forecaster {
  const period = seasonSteps(stepMs);
  const create: Record<BaselineName, () => StreamForecaster> = {
    persistence: () => new Persistence(leads),
    'seasonal-naive': () => new SeasonalNaive({ period, leads }),
    'holt-winters': () => smoothed(period <= SMOOTHED_SEASON_MAX ? period : 0, leads),
    rls: () => new LeastSquares({ period, leads, forgetting: FORGETTING }),
  };
  return new PerStream(name, streams, create[name]);
}

function smoothed(period: number, leads: number): StreamForecaster {
  const model = new HoltWinters({ period, leads });
  return {
    learn: (y) => model.learn(y),
    forecast: (into, at) => model.forecast(into, at, leads),
  };
}
