import type { EvaluationResult, ForecasterResult } from '../evaluation/evaluate-recording.ts';
import type { EvaluationLabel } from '../evaluation/evaluation-json.ts';
import type { HorizonScores } from '../evaluation/score-board.ts';

/**
 * The figures of one file for people, a block for each horizon; the best of each column is marked:
 *
 *   H = 24             mse     mae    mase    crps   80 %   95 %  worst  µs/reading  learning
 *   inkling        *1.5720 *0.5331  0.9120 *0.3801   80.1   94.8   87.2        38.1     410.0
 */

interface Column {
  readonly head: string;
  readonly figure: (scores: HorizonScores, forecaster: ForecasterResult) => number | null;
  readonly text: (value: number) => string;
  /** How far from the best a figure is; null: there is no best. */
  readonly badness: ((value: number) => number) | null;
}

const identity = (value: number): number => value;
const digits = (count: number) => (value: number) => value.toFixed(count);
const percent = (value: number): string => (100 * value).toFixed(1);

const columns: readonly Column[] = [
  { head: 'mse', figure: ({ mse }) => mse, text: digits(4), badness: identity },
  { head: 'mae', figure: ({ mae }) => mae, text: digits(4), badness: identity },
  { head: 'mase', figure: ({ mase }) => mase, text: digits(3), badness: identity },
  { head: 'crps', figure: ({ crps }) => crps, text: digits(4), badness: identity },
  coverageColumn('80 %', 0.8, ({ coverage }) => coverage),
  coverageColumn('95 %', 0.95, ({ coverage }) => coverage),
  coverageColumn('worst 95 %', 0.95, ({ coverageWorst }) => coverageWorst),
  timeColumn('µs/reading', ({ usPerReading }) => usPerReading),
  timeColumn('learning', ({ usLearning }) => usLearning),
];

/** The whole text for one file, with a line break at the end. */
export function evaluationTable(label: EvaluationLabel, result: EvaluationResult): string {
  const { dataset, preset, seed, horizons } = label;
  const { rows, streams, forecasters } = result;
  const title =
    `${dataset}: ${rows} rows, ${streams} ${streams === 1 ? 'stream' : 'streams'}, ` +
    `preset ${preset}, seed ${seed}`;
  const blocks = horizons.map((horizon, index) => blockOf(horizon, index, forecasters));
  return `${[title, ...blocks].join('\n\n')}\n`;
}

function blockOf(horizon: number, index: number, forecasters: readonly ForecasterResult[]): string {
  const names = [`H = ${horizon}`, ...forecasters.map(({ name }) => name)];
  const width = Math.max(...names.map((name) => name.length));
  const lines = columns.map((column) => columnTexts(column, index, forecasters));
  return names
    .map((name, line) => {
      const cells = lines.map((texts) => texts[line]!);
      return [name.padEnd(width), ...cells].join('  ').trimEnd();
    })
    .join('\n');
}

/** Head and cells of a column, all of one length. */
function columnTexts(
  { head, figure, text, badness }: Column,
  index: number,
  forecasters: readonly ForecasterResult[],
): string[] {
  const values = forecasters.map((forecaster) => figure(forecaster.horizons[index]!, forecaster));
  const known = values.filter((value) => value !== null);
  const best = badness === null ? Number.NaN : Math.min(...known.map(badness));
  const cells = values.map((value) => {
    if (value === null) return '–';
    const isBest = badness !== null && known.length > 1 && badness(value) === best;
    return `${isBest ? '*' : ''}${text(value)}`;
  });
  const width = Math.max(head.length, ...cells.map((cell) => cell.length));
  return [head, ...cells].map((cell) => cell.padStart(width));
}

function coverageColumn(
  head: string,
  level: number,
  of: (scores: HorizonScores) => Readonly<Record<string, number | null>> | null,
): Column {
  const figure = (scores: HorizonScores) => of(scores)?.[String(level)] ?? null;
  return { head, figure, text: percent, badness: (value) => Math.abs(value - level) };
}

function timeColumn(head: string, of: (forecaster: ForecasterResult) => number): Column {
  return { head, figure: (_, forecaster) => of(forecaster), text: digits(1), badness: null };
}
