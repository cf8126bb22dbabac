import type { CsvFile } from './csv/csv-reader.ts';
import type { Forecaster, Forecasts } from './forecaster.ts';
import { MetricScale } from './metric-scale.ts';
import { type PresetName, sectionsOf } from './presets.ts';
import {
  changedRows,
  firstRowsOf,
  type RowChanges,
  type Survey,
  surveyOf,
} from './recorded-rows.ts';
import { type HorizonScores, ScoreBoard } from './score-board.ts';

/**
 * A prequential backtest: each row is first what forecasts are scored by, then what is learnt from,
 * then where the next forecasts start.
 *
 *   row t ─▶ score what was forecast for t ─▶ learn ─▶ forecast t + 1 … t + H ─▶ keep
 */

export interface EvaluationOptions {
  /** How the file is called in messages. */
  readonly name: string;
  readonly preset: PresetName;
  /** Ascending; the largest is forecast. */
  readonly horizons: readonly number[];
  readonly changes: RowChanges;
  readonly createForecasters: (shape: RecordingShape) => readonly Forecaster[];
  /** Time the process has computed for, µs. */
  readonly cpuTimeUs: () => number;
  readonly onProgress: (progress: EvaluationProgress) => void;
  /** Ends the run early; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What forecasters may know beforehand. */
export interface RecordingShape {
  readonly columns: readonly string[];
  readonly leads: number;
  readonly stepMs: number | null;
}

interface EvaluationProgress {
  /** 0 to 1; null: the file is read through for its length. */
  readonly share: number | null;
  /** Rows read so far. */
  readonly count: number;
}

export interface ForecasterResult {
  readonly name: string;
  /** CPU time of a reading, µs: scoring apart, training apart, forecasts taken. */
  readonly usPerReading: number;
  /** CPU time of training of a reading, µs. */
  readonly usLearning: number;
  /** One a horizon. */
  readonly horizons: readonly HorizonScores[];
}

export interface EvaluationResult {
  /** All rows of the file. */
  readonly rows: number;
  readonly streams: number;
  readonly forecasters: readonly ForecasterResult[];
}

/** One forecaster and what is kept of it. */
interface Contestant {
  readonly forecaster: Forecaster;
  readonly board: ScoreBoard;
  readonly forecasts: Forecasts;
  busyUs: number;
}

/** Judges all forecasters side by side on one recording, reading it twice. */
export async function evaluateRecording(
  file: CsvFile,
  options: EvaluationOptions,
): Promise<EvaluationResult> {
  const { name, preset, horizons, changes, signal, onProgress } = options;
  const { columns } = file.header;
  const streams = columns.length;
  const leads = horizons.at(-1)!;
  const firstRows = firstRowsOf(name, columns, changes.joins);
  const survey = await surveyWith(file, options);
  const sections = sectionsOf(preset, { rows: survey.rows, horizon: leads, name });
  const scale = new MetricScale(streams);
  const forecasters = options.createForecasters({ columns, leads, stepMs: survey.stepMs });
  const contestants = forecasters.map((forecaster): Contestant => {
    const { levels } = forecaster;
    const board = new ScoreBoard({ streams, horizons, levels, sections, scale, firstRows });
    return { forecaster, board, forecasts: roomFor(streams, leads, levels.length), busyUs: 0 };
  });
  let readings = 0;
  for await (const row of changedRows(file, name, survey, changes)) {
    signal?.throwIfAborted();
    if (row.index < sections.scaleEnd) scale.add(row.unhidden);
    for (const contestant of contestants) {
      contestant.board.score(row.index, row.values);
      const begin = options.cpuTimeUs();
      contestant.forecaster.learn(row);
      contestant.forecaster.forecast(contestant.forecasts);
      contestant.busyUs += options.cpuTimeUs() - begin;
      contestant.board.keep(row.index, contestant.forecasts);
    }
    readings += streams;
    onProgress({ share: (row.index + 1) / sections.scoredEnd, count: row.index + 1 });
    if (row.index + 1 === sections.scoredEnd) break;
  }
  return {
    rows: survey.rows,
    streams,
    forecasters: contestants.map((contestant) => resultOf(contestant, horizons, readings)),
  };
}

async function surveyWith(file: CsvFile, options: EvaluationOptions): Promise<Survey> {
  const { name, changes, signal, onProgress } = options;
  return surveyOf(file, name, changes.byTime, (count) => {
    signal?.throwIfAborted();
    onProgress({ share: null, count });
  });
}

function roomFor(streams: number, leads: number, levels: number): Forecasts {
  return {
    median: new Float64Array(streams * leads),
    bounds: new Float64Array(streams * leads * 2 * levels),
  };
}

function resultOf(
  { forecaster, board, busyUs }: Contestant,
  horizons: readonly number[],
  readings: number,
): ForecasterResult {
  return {
    name: forecaster.name,
    usPerReading: (busyUs - forecaster.trainingUs) / readings,
    usLearning: forecaster.trainingUs / readings,
    horizons: horizons.map((_, index) => board.scores(index)),
  };
}
