/**
 * What the kernel bench has every engine do. Inputs, outputs and the window length are the same
 * for all, so a workload is four values; its id, as in `infer-32-64-1`, goes over the wire.
 */

import type { NetworkShape } from '../../../src/numerics/recurrent-kernel.ts';

export const INPUTS = 16;
export const OUTPUTS = 32;
/** Steps of a training window. */
export const STEPS = 48;
/** Windows of a training batch. */
const WINDOWS = 64;
const STREAMS = [1, 32, 1024, 16384];

/** One step of `streams` streams, or one update from `streams` windows of 48 steps. */
export interface Workload {
  readonly kind: 'infer' | 'train';
  readonly streams: number;
  readonly hidden: number;
  readonly layers: number;
}

/** The shapes that are measured; the first is the one that the targets speak of. */
const SHAPES = [
  { hidden: 64, layers: 1 },
  { hidden: 64, layers: 2 },
  { hidden: 32, layers: 1 },
  { hidden: 128, layers: 1 },
];

/** The workloads of each shape, the main shape first. */
export const WORKLOADS: readonly (readonly Workload[])[] = SHAPES.map((shape) => [
  ...STREAMS.map((streams): Workload => ({ kind: 'infer', streams, ...shape })),
  { kind: 'train', streams: WINDOWS, ...shape },
]);

export function workloadId({ kind, streams, hidden, layers }: Workload): string {
  return `${kind}-${streams}-${hidden}-${layers}`;
}

/** The inverse of `workloadId`. */
export function workloadOf(id: string): Workload {
  const [, kind, streams, hidden, layers] = /^(infer|train)-(\d+)-(\d+)-(\d+)$/.exec(id) ?? [];
  if (kind === undefined) throw new RangeError(`expected the id of a workload, got "${id}"`);
  return {
    kind: kind as Workload['kind'],
    streams: Number(streams),
    hidden: Number(hidden),
    layers: Number(layers),
  };
}

export function networkShape({ hidden, layers }: Workload): NetworkShape {
  return { cell: 'lstm', inputs: INPUTS, hidden, layers, outputs: OUTPUTS };
}

/**
 * Floating point operations of one iteration: the matrix products alone, two for a multiply-add,
 * without activations and Adam. The way back counts as twice the way forward, as is usual; that is
 * some 7 % generous to all engines at hidden 64, since nobody needs the gradient of the inputs.
 */
export function flopsOf({ kind, streams, hidden: H, layers }: Workload): number {
  let perStep = 2 * OUTPUTS * (H + INPUTS);
  for (let layer = 0; layer < layers; layer++) {
    perStep += 2 * 4 * H * ((layer === 0 ? INPUTS : H) + H);
  }
  return kind === 'infer' ? streams * perStep : 3 * STEPS * streams * perStep;
}
