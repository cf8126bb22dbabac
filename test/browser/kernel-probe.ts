import { chooseKernels, type KernelVariant } from '../../src/numerics/kernel-choice.ts';
import { parameterCount, stateSize } from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import type { NetworkShape } from '../../src/numerics/recurrent-kernel.ts';

/** What kernels give for seeded numbers; plain arrays, so that it can leave a browser. */
export interface KernelProbe {
  readonly variant: string;
  /** Outputs and states of some steps of 75 streams. */
  readonly outputs: number[];
  readonly states: number[];
  /** Loss and gradient of some windows. */
  readonly loss: number;
  readonly gradient: number[];
}

/** Runs in Node and in a browser alike. Without a variant, the fastest is taken. */
export function probeKernels(shape: NetworkShape, wanted?: KernelVariant): KernelProbe {
  const kernels = chooseKernels(wanted);
  const random = new Random(20);
  const numbers = (length: number) => Float32Array.from({ length }, () => random.gaussian());
  const scale = 1 / Math.sqrt(shape.inputs + shape.hidden);
  const weights = numbers(parameterCount(shape)).map((value) => scale * value);
  const streams = 75;
  const kernel = kernels.recurrent(shape);
  kernel.setWeights(weights);
  kernel.reserve(streams);
  const rows = Uint32Array.from({ length: streams }, (_, row) => row);
  const y = new Float32Array(streams * shape.outputs);
  const outputs: number[] = [];
  for (const count of [streams, 1, 2, 49]) {
    kernel.step(rows, count, numbers(count * shape.inputs), y);
    outputs.push(...y.subarray(0, count * shape.outputs));
  }
  const states = streams * stateSize(shape);
  const [windows, steps] = [5, 7];
  const batch = {
    windows,
    steps,
    x: numbers(windows * steps * shape.inputs),
    h0: numbers(windows * stateSize(shape)),
    c0: numbers(windows * stateSize(shape)),
    target: numbers(windows * steps * shape.outputs),
    weight: numbers(windows * steps * shape.outputs).map(Math.abs),
  };
  const gradient = new Float32Array(weights.length);
  const loss = kernels.gradient(shape).gradient(weights, batch, gradient);
  return {
    variant: kernel.variant,
    outputs,
    states: [...kernel.h.subarray(0, states), ...kernel.c.subarray(0, states)],
    loss,
    gradient: [...gradient],
  };
}
