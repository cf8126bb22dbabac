import { readdirSync, readFileSync } from 'node:fs';
import type { NetworkShape, TrainingBatch } from '../../src/numerics/recurrent-kernel.ts';

/** What PyTorch computed, written by scripts/golden/recurrent.py. */
export interface Golden {
  readonly seed: number;
  readonly torch: string;
  readonly shape: NetworkShape;
  readonly windows: number;
  readonly steps: number;
  readonly parts: readonly (readonly [name: string, count: number])[];
  readonly loss: number;
  readonly weights: number[];
  readonly x: number[];
  readonly h0: number[];
  readonly c0: number[];
  readonly target: number[];
  readonly weight: number[];
  readonly h: number[];
  readonly c: number[];
  readonly y: number[];
  readonly gradient: number[];
  readonly adam: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly clipNorm: number;
    readonly losses: number[];
    readonly norms: number[];
    readonly weights: number[];
  };
}

const FOLDER = new URL('../golden/', import.meta.url);

export const GOLDEN_FILES = readdirSync(FOLDER).filter((name) =>
  /^(rnn|gru|lstm)-.*\.json$/.test(name),
);

export function readGolden(name: string): Golden {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
}

export function trainingBatch(golden: Golden): TrainingBatch {
  return {
    windows: golden.windows,
    steps: golden.steps,
    x: Float32Array.from(golden.x),
    h0: Float32Array.from(golden.h0),
    c0: Float32Array.from(golden.c0),
    target: Float32Array.from(golden.target),
    weight: Float32Array.from(golden.weight),
  };
}
