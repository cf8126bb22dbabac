/**
 * The numbers of a workload: weights, inputs, states and targets, the same for every engine. The
 * bench writes them into one file of little-endian float32 that workers of any language can read:
 *
 *   │ weights, canonical order │ x (T, S, X) │ h0 (S, L·H) │ c0 (S, L·H) │ target (T, S, O) │
 *
 * T is 1 and there is no target where a workload is inference.
 */

import { parameterCount, stateSize } from '../../../src/numerics/network-layout.ts';
import { hashSeed, Random } from '../../../src/numerics/random.ts';
import { INPUTS, networkShape, OUTPUTS, STEPS, type Workload, workloadId } from './workload.ts';

const SEED = 4711;
const WEIGHT_DEVIATION = 0.15;

export interface WorkloadData {
  readonly weights: Float32Array;
  readonly x: Float32Array;
  readonly h0: Float32Array;
  readonly c0: Float32Array;
  readonly target: Float32Array;
}

/** How every engine trains: gradients longer than `clipNorm` are shortened, then Adam steps. */
export const TRAINING = {
  clipNorm: 0.05,
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
} as const;

function lengthsOf(workload: Workload): number[] {
  const shape = networkShape(workload);
  const steps = workload.kind === 'infer' ? 1 : STEPS;
  const states = workload.streams * stateSize(shape);
  const targets = workload.kind === 'infer' ? 0 : steps * workload.streams * OUTPUTS;
  const inputs = steps * workload.streams * INPUTS;
  return [parameterCount(shape), inputs, states, states, targets];
}

/** All parts of a workload in one array, drawn with a seed of its own. */
export function drawWorkload(workload: Workload): Float32Array {
  const random = new Random(hashSeed(SEED, workloadId(workload)));
  const [weights = 0, ...others] = lengthsOf(workload);
  const flat = new Float32Array(others.reduce((sum, length) => sum + length, weights));
  for (let i = 0; i < flat.length; i++) {
    flat[i] = random.gaussian() * (i < weights ? WEIGHT_DEVIATION : 1);
  }
  return flat;
}

/** Views of the parts. */
export function splitWorkload(workload: Workload, flat: Float32Array): WorkloadData {
  let at = 0;
  const [weights, x, h0, c0, target] = lengthsOf(workload).map((length) => {
    at += length;
    return flat.subarray(at - length, at);
  });
  if (at !== flat.length) {
    throw new RangeError(`expected ${at} numbers for ${workloadId(workload)}, got ${flat.length}`);
  }
  return { weights: weights!, x: x!, h0: h0!, c0: c0!, target: target! };
}

/** The streams whose outputs are compared: the first and the last few. */
export function sampledStreams(streams: number): number[] {
  const few = 8;
  const all = Array.from({ length: Math.min(streams, 2 * few) }, (_, i) => i);
  return all.map((i) => (i < few || streams <= 2 * few ? i : streams - 2 * few + i));
}

/** The rows of the sampled streams of y (S, O), one after the other. */
export function sampleRows(y: Float32Array, streams: number): number[] {
  return sampledStreams(streams).flatMap((row) => [
    ...y.subarray(row * OUTPUTS, (row + 1) * OUTPUTS),
  ]);
}

/** One layer's part of (S, L·H) as (S, H). */
export function layerStates(all: Float32Array, workload: Workload, layer: number): Float32Array {
  const { streams, hidden: H, layers: L } = workload;
  const part = new Float32Array(streams * H);
  for (let s = 0; s < streams; s++) {
    const at = (s * L + layer) * H;
    part.set(all.subarray(at, at + H), s * H);
  }
  return part;
}
