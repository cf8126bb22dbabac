import { baselineNames, createBaseline } from '../../src/evaluation/baselines/create-baseline.ts';
import { EngineForecaster } from '../../src/evaluation/engine-forecaster.ts';
import type { Forecaster } from '../../src/evaluation/forecaster.ts';
import { changedRows, type RowChanges, surveyOf } from '../../src/evaluation/recorded-rows.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import { createReadableGradient } from '../../src/numerics/truncated-bptt.ts';
import { smallEngine } from '../engine/engine-under-test.ts';
import { HOUR, recordingOf } from './recording.ts';

export const LEADS = 8;

export const asItStands: RowChanges = { missing: null, gaps: 0, joins: [], byTime: false, seed: 1 };

export interface ForecasterShape {
  readonly columns: readonly string[];
  readonly leads: number;
  readonly seed?: number;
}

/** The engine with 8 hidden units, trained on windows of 16 steps. */
export function smallForecaster({ columns, leads, seed = 1 }: ForecasterShape): EngineForecaster {
  const { options } = smallEngine({ horizon: { steps: leads } }, { seed });
  const kernels = { recurrent: createReadableKernel, gradient: createReadableGradient };
  return new EngineForecaster({
    engine: options,
    training: { kernels, window: 16, everyRows: 8 },
    columns,
    cpuTimeUs: () => 0,
  });
}

/** Everyone who may take part in a run. */
export const forecasters: readonly (readonly [string, (shape: ForecasterShape) => Forecaster])[] = [
  ['inkling', smallForecaster],
  ...baselineNames.map((name) => {
    const create = ({ columns, leads }: ForecasterShape) =>
      createBaseline(name, { streams: columns.length, leads, stepMs: HOUR });
    return [name, create] as const;
  }),
];

/** What a forecaster says after each row: (rows), medians then bounds. */
export async function forecastsOf(
  create: (shape: ForecasterShape) => Forecaster,
  columns: Readonly<Record<string, readonly (number | null)[]>>,
  changes: RowChanges = asItStands,
): Promise<Float64Array[]> {
  const file = recordingOf(columns);
  const names = Object.keys(columns);
  const forecaster = create({ columns: names, leads: LEADS });
  const survey = await surveyOf(file, 'recording', false, () => {});
  const size = names.length * LEADS;
  const list: Float64Array[] = [];
  for await (const row of changedRows(file, 'recording', survey, changes)) {
    forecaster.learn(row);
    const median = new Float64Array(size);
    const bounds = new Float64Array(size * 2 * forecaster.levels.length);
    forecaster.forecast({ median, bounds });
    list.push(Float64Array.from([...median, ...bounds]));
  }
  return list;
}
