import { access, constants, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../adapters/clock/system-clock.ts';
import { defaultConfiguration } from '../config/read-configuration.ts';
import { baselineNames, createBaseline } from '../evaluation/baselines/create-baseline.ts';
import { type CsvFile, readCsv } from '../evaluation/csv/csv-reader.ts';
import { EngineForecaster } from '../evaluation/engine-forecaster.ts';
import { evaluateRecording, type RecordingShape } from '../evaluation/evaluate-recording.ts';
import { type JsonResult, jsonResult } from '../evaluation/evaluation-json.ts';
import type { Forecaster } from '../evaluation/forecaster.ts';
import { type PresetName, presetNames } from '../evaluation/presets.ts';
import type { Join } from '../evaluation/recorded-rows.ts';
import { InklingError } from '../protocol/errors.ts';
import type { CommandIo } from './command.ts';
import { engineOptionsOf } from './engine-options-of.ts';
import {
  horizonsOption,
  joinOption,
  type ModelName,
  modelsOption,
  numberOption,
  shareOption,
} from './evaluate-options.ts';
import { evaluationTable } from './evaluation-table.ts';
import { takeInterruption } from './interruption.ts';
import { pathOption, wholeNumberOption } from './option-values.ts';
import { processKernels } from './process-kernels.ts';
import { Progress } from './progress.ts';

const help = `
Every forecast is made before its target is seen, by the engine itself, on one row after the other.
Each row is one step, in the file's order. Errors are in deviations of the scale rows:

  preset   scale rows     scored rows
  ratio    first 20 %     from 25 % on
  fsnet    0 to 2,879     3,600 to 14,399
  dsof     0 to 11,519    14,400 to 57,599

mse and mae are means over all steps up to the horizon; mase, crps, the shares inside the 80 and
95 % intervals and the worst of these are of the step at the horizon; the best of each is marked.

Examples:
  inkling evaluate plant.csv
  inkling evaluate ETTh2.csv.gz --preset fsnet --models persistence,rls --json results.json
  inkling evaluate plant.csv --missing -9999 --gaps 0.1 --join pump@5000`;

/** Levels of the intervals: with the median, the quantiles that the crps is measured at. */
const levels = [0.5, 0.8, 0.9, 0.95];
const SEED_MAX = 2 ** 32 - 1;
const missingOption = numberOption('--missing');

interface EvaluateArguments {
  readonly preset: PresetName;
  readonly horizons: readonly number[];
  readonly models: readonly ModelName[];
  readonly seed: number;
  readonly json?: string;
  readonly missing?: number;
  readonly gaps: number;
  readonly join: readonly Join[];
  readonly byTime?: true;
}

/** `inkling evaluate`: how good the forecasts are, on recorded files. */
export function addEvaluateCommand(program: Command, io: CommandIo): void {
  const seed = wholeNumberOption('--seed', { from: 0, to: SEED_MAX });
  program
    .command('evaluate')
    .description('measure the forecasts on recorded files')
    .argument('<file...>', 'CSV files, also compressed as .csv.gz')
    .addOption(
      new Option('--preset <name>', 'rows that are scored').choices(presetNames).default('ratio'),
    )
    .addOption(
      new Option('--horizons <steps>', 'steps ahead')
        .argParser(horizonsOption)
        .default([1, 24, 48], '1,24,48'),
    )
    .addOption(
      new Option('--models <names>', `beside inkling: ${baselineNames.join(', ')}`)
        .argParser(modelsOption)
        .default(['inkling', ...baselineNames], 'all'),
    )
    .option('--seed <n>', 'fixes everything random', seed, 1)
    .option('--json <file>', 'also write the figures to a file', pathOption('--json'))
    .option('--missing <number>', 'a number that stands for a missing value', missingOption)
    .option('--gaps <share>', 'take out readings at random, as 0.1', shareOption('--gaps'), 0)
    .addOption(
      new Option('--join <column@row>', 'hide a column until a row; may be repeated')
        .argParser(joinOption)
        .default([], 'none'),
    )
    .option('--by-time', 'go by the times: insert missing rows, leave out late ones')
    .addHelpText('after', help)
    .action((files: string[], options: EvaluateArguments) => runEvaluate(files, options, io));
}

async function runEvaluate(names: readonly string[], options: EvaluateArguments, io: CommandIo) {
  const jsonPath = options.json === undefined ? null : resolve(io.workingDirectory, options.json);
  if (jsonPath !== null) await checkWritable(jsonPath, options.json!);
  const files: { name: string; file: CsvFile }[] = [];
  for (const name of names) {
    files.push({ name, file: await readCsv(resolve(io.workingDirectory, name), { name }) });
  }
  const results: JsonResult[] = [];
  const interruption = takeInterruption();
  try {
    for (const { name, file } of files) {
      results.push(await evaluateFile(file, name, { options, io, signal: interruption.signal }));
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    io.stdout.write(`Stopped by a signal after ${results.length} of ${files.length} files.\n`);
  } finally {
    interruption.release();
  }
  if (jsonPath !== null) await writeFile(jsonPath, `${JSON.stringify({ results }, null, 2)}\n`);
}

async function evaluateFile(
  file: CsvFile,
  name: string,
  { options, io, signal }: { options: EvaluateArguments; io: CommandIo; signal: AbortSignal },
): Promise<JsonResult> {
  const { preset, horizons, seed, gaps, join, byTime = false } = options;
  const { textColumns } = file.header;
  if (textColumns.length > 0) {
    const left = textColumns.map((column) => JSON.stringify(column)).join(', ');
    io.stderr.write(`${name}: left out ${left}: words, not numbers\n`);
  }
  const progress = new Progress({ sink: io.stderr, clock: systemClock, unit: 'rows' });
  try {
    const result = await evaluateRecording(file, {
      name,
      preset,
      horizons,
      changes: { missing: options.missing ?? null, gaps, joins: join, byTime, seed },
      createForecasters: (shape) => options.models.map((model) => forecaster(model, shape, seed)),
      cpuTimeUs,
      onProgress: (state) => progress.update(state),
      signal,
    });
    progress.end();
    const dataset = basename(name).replace(/(?:\.csv)?(?:\.gz)?$/i, '');
    const label = { dataset, preset, seed, horizons };
    io.stdout.write(`${evaluationTable(label, result)}\n`);
    return jsonResult(label, result);
  } finally {
    progress.end();
  }
}

function forecaster(model: ModelName, shape: RecordingShape, seed: number): Forecaster {
  const { columns, leads, stepMs } = shape;
  if (model !== 'inkling') return createBaseline(model, { streams: columns.length, leads, stepMs });
  const configuration = defaultConfiguration();
  const kernels = processKernels();
  const rule = configuration.streams.at(-1)!;
  const horizon = { steps: leads };
  const streams = [{ ...rule, cadence: 'auto' as const, horizon, levels, expire: null }];
  const { window, everyRows } = configuration.training;
  return new EngineForecaster({
    engine: engineOptionsOf({ ...configuration, streams }, seed, kernels),
    training: { kernels, window, everyRows },
    columns,
    cpuTimeUs,
  });
}

/** User and system time of the process, µs. */
function cpuTimeUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Said now rather than after an hour. */
async function checkWritable(path: string, given: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
  } catch {
    const message = `--json: expected a file in a folder that can be written, got "${given}"`;
    throw new InklingError('ERR_USAGE', message);
  }
}
