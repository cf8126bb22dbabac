import { parameterCount, stateSize } from '../../src/numerics/network-layout.ts';
import type { Random } from '../../src/numerics/random.ts';
import type { CellKind, NetworkShape, TrainingBatch } from '../../src/numerics/recurrent-kernel.ts';

export const CELL_KINDS: readonly CellKind[] = ['rnn', 'gru', 'lstm'];

export function randomWeights(shape: NetworkShape, random: Random): Float32Array {
  return Float32Array.from({ length: parameterCount(shape) }, () => 0.5 * random.gaussian());
}

export function gaussianArray(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => random.gaussian());
}

/** Windows with masked targets, some of them NaN, and weights that differ. */
export function randomBatch(
  shape: NetworkShape,
  { windows, steps }: { windows: number; steps: number },
  random: Random,
): TrainingBatch {
  const outputs = windows * steps * shape.outputs;
  const weight = Float32Array.from({ length: outputs }, () =>
    random.uniform() < 0.3 ? 0 : 0.2 + random.uniform(),
  );
  const target = Float32Array.from(weight, (w) => (w === 0 ? Number.NaN : 2 * random.gaussian()));
  return {
    windows,
    steps,
    x: gaussianArray(windows * steps * shape.inputs, random),
    h0: gaussianArray(windows * stateSize(shape), random).map((h) => Math.tanh(h)),
    c0: gaussianArray(windows * stateSize(shape), random),
    target,
    weight,
  };
}
