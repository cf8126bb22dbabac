import type { EvaluationResult, ForecasterResult } from './evaluate-recording.ts';
import type { HorizonScores } from './score-board.ts';

/** One file's figures, as `--json` writes them. */
export interface JsonResult {
  readonly dataset: string;
  readonly rows: number;
  readonly streams: number;
  readonly preset: string;
  readonly seed: number;
  readonly models: Readonly<Record<string, JsonModel>>;
}

interface JsonModel {
  readonly usPerReading: number;
  readonly usLearning: number;
  readonly horizons: Readonly<Record<string, JsonScores>>;
}

interface JsonScores extends HorizonScores {
  /** 1 − mae / mae of each baseline of the run; above 0 is better than it. */
  readonly skill: Readonly<Record<string, number | null>>;
}

/** What was evaluated, in words. */
export interface EvaluationLabel {
  /** The file's name without folder and endings. */
  readonly dataset: string;
  readonly preset: string;
  readonly seed: number;
  readonly horizons: readonly number[];
}

/** A result as an object for JSON; its forecasters are in the order of the run. */
export function jsonResult(label: EvaluationLabel, result: EvaluationResult): JsonResult {
  const { dataset, preset, seed, horizons } = label;
  const models = result.forecasters.map((forecaster) => {
    const scores = horizons.map((horizon, index) => {
      const skill = skillsOf(forecaster, result.forecasters, index);
      return [String(horizon), { ...forecaster.horizons[index]!, skill }] as const;
    });
    const { name, usPerReading, usLearning } = forecaster;
    return [name, { usPerReading, usLearning, horizons: Object.fromEntries(scores) }] as const;
  });
  const { rows, streams } = result;
  return { dataset, rows, streams, preset, seed, models: Object.fromEntries(models) };
}

/** Skill of one forecaster against every other but the engine. */
function skillsOf(own: ForecasterResult, all: readonly ForecasterResult[], index: number) {
  const others = all.filter(({ name }) => name !== own.name && name !== 'inkling');
  return Object.fromEntries(
    others.map(({ name, horizons }) => [name, skill(own.horizons[index]!, horizons[index]!)]),
  );
}

/** Null where there is no error to compare with. */
function skill({ mae }: HorizonScores, { mae: other }: HorizonScores): number | null {
  return mae === null || other === null || other === 0 ? null : 1 - mae / other;
}
