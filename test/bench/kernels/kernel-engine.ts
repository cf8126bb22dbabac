/** The project's own kernels as engines of the bench: the readable ones, and the chosen ones. */

import { adamStep, createAdamState } from '../../../src/numerics/adam.ts';
import { clipGradientNorm } from '../../../src/numerics/gradient-clip.ts';
import { chooseKernels, type Kernels } from '../../../src/numerics/kernel-choice.ts';
import type { GradientKernel, RecurrentKernel } from '../../../src/numerics/recurrent-kernel.ts';
import type { BenchEngine, BenchTask } from './bench-engine.ts';
import { networkShape, OUTPUTS, STEPS, type Workload } from './workload.ts';
import { sampleRows, TRAINING, type WorkloadData } from './workload-data.ts';

/** The readable cells: TypeScript without WebAssembly, in double precision. */
export function plainEngine(): BenchEngine {
  return kernelEngine(chooseKernels('readable'));
}

/** The kernels that the service chooses on this machine. */
export function inklingEngine(): BenchEngine {
  return kernelEngine(chooseKernels());
}

function kernelEngine({ variant, recurrent, gradient }: Kernels): BenchEngine {
  return {
    description: variant,
    prepare: (workload, data) =>
      workload.kind === 'infer'
        ? inference(recurrent(networkShape(workload)), workload, data)
        : training(gradient(networkShape(workload)), workload, data),
  };
}

function inference(
  kernel: RecurrentKernel,
  { streams }: Workload,
  { weights, x, h0, c0 }: WorkloadData,
): BenchTask {
  kernel.setWeights(weights);
  kernel.reserve(streams);
  kernel.h.set(h0);
  kernel.c.set(c0);
  const rows = Uint32Array.from({ length: streams }, (_, i) => i);
  const y = new Float32Array(streams * OUTPUTS);
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) kernel.step(rows, streams, x, y);
    },
    outcome: () => sampleRows(y, streams),
  };
}

function training(
  kernel: GradientKernel,
  { streams: windows }: Workload,
  { weights: initial, x, h0, c0, target }: WorkloadData,
): BenchTask {
  const weights = initial.slice();
  const gradient = new Float32Array(weights.length);
  const adam = createAdamState(weights.length);
  const weight = new Float32Array(target.length).fill(1);
  const batch = { windows, steps: STEPS, x, h0, c0, target, weight };
  let outcome: number[] = [];
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        const loss = kernel.gradient(weights, batch, gradient);
        const norm = clipGradientNorm(gradient, TRAINING.clipNorm);
        adamStep(weights, gradient, adam, TRAINING);
        outcome = [loss, norm];
      }
    },
    outcome: () => outcome,
  };
}
