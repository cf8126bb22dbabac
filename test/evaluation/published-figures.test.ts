import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BaselineName,
  createBaseline,
} from '../../src/evaluation/baselines/create-baseline.ts';
import { readCsv } from '../../src/evaluation/csv/csv-reader.ts';
import { evaluateRecording } from '../../src/evaluation/evaluate-recording.ts';
import type { PresetName } from '../../src/evaluation/presets.ts';
import { asItStands } from './forecasters-under-test.ts';
import { HOUR, recordingOf } from './recording.ts';

/**
 * Persistence, as papers print it, on the series of INKLING_DATA: if these digits are right, so are
 * rows, scale, origins and means. MSE and MAE at 1, 24 and 48 steps.
 */

type Figures = readonly [string, string, string, string, string, string];

const published: readonly (readonly [string, PresetName, Figures])[] = [
  ['ETTh2', 'fsnet', ['.404', '.336', '1.818', '.688', '2.852', '.788']],
  ['ETTm1', 'dsof', ['.120', '.193', '1.495', '.660', '2.640', '.909']],
  ['ETTm1', 'fsnet', ['.091', '.186', '.579', '.525', '.935', '.710']],
  ['WTH', 'ratio', ['.207', '.188', '.614', '.492', '.747', '.569']],
  ['Weather', 'ratio', ['.379', '.123', '1.399', '.480', '2.552', '.744']],
  ['Exchange', 'ratio', ['.0089', '.049', '.0861', '.176', '.1648', '.244']],
];

/** What a square wave of period 12 gives by hand, for where the series are not. */
const squareWave: Figures = ['.6667', '.3333', '2.0000', '1.0000', '2.0000', '1.0000'];

function seriesPath(name: string): string | null {
  const path = join(process.env['INKLING_DATA'] ?? '', 'forecasting', `${name}.csv.gz`);
  return process.env['INKLING_DATA'] && existsSync(path) ? path : null;
}

async function figuresOf(baseline: BaselineName, path: string | null, preset: PresetName) {
  const wave = Array.from({ length: 60_048 }, (_, t) => (t % 12 < 6 ? -1 : 1));
  const file = path === null ? recordingOf({ wave }) : await readCsv(path);
  const { forecasters } = await evaluateRecording(file, {
    name: 'series',
    preset,
    horizons: [1, 24, 48],
    changes: asItStands,
    createForecasters: ({ columns, leads, stepMs }) => [
      createBaseline(baseline, { streams: columns.length, leads, stepMs: stepMs ?? HOUR }),
    ],
    cpuTimeUs: () => 0,
    onProgress: () => {},
  });
  return forecasters[0]!.horizons.flatMap(({ mse, mae }) => [mse!, mae!]);
}

/** Half a unit of the last printed digit, and a little: they were rounded from four digits. */
function roundingOf(printed: string): number {
  return 0.55 * 10 ** (printed.indexOf('.') + 1 - printed.length);
}

describe('persistence', () => {
  it.each(published)(
    'gives the published digits on %s with the preset %s',
    async (name, preset, figures) => {
      const path = seriesPath(name);
      const measured = await figuresOf('persistence', path, preset);
      (path === null ? squareWave : figures).forEach((printed, i) => {
        const distance = Math.abs(measured[i]! - Number(printed));
        expect(distance, `${measured[i]} for ${printed}`).toBeLessThan(roundingOf(printed));
      });
    },
    60_000,
  );
});

describe('rls', () => {
  it('comes within one per cent of the published figures on ETTh2', async () => {
    const path = seriesPath('ETTh2');
    const expected = path === null ? [0, 0, 0, 0, 0, 0] : [0.353, 0.329, 1.661, 0.571, 2.728, 0.68];
    const measured = await figuresOf('rls', path, 'fsnet');
    measured.forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(
        path === null ? 0.01 : 0.01 * expected[i]!,
      );
    });
  }, 60_000);
});
