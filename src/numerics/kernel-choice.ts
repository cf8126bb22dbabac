/**
 * Which implementation of the kernels runs: the fastest that this machine takes, chosen once at the
 * start. The same variant gives the same bits; snapshots and metrics name it.
 */

import { createReadableKernel } from './readable-kernel.ts';
import type { GradientKernel, NetworkShape, RecurrentKernel } from './recurrent-kernel.ts';
import { fastestVariant, type SimdVariant } from './simd/dialect.ts';
import {
  type CompiledGradient,
  compileGradient,
  createSimdGradient,
} from './simd/simd-gradient.ts';
import { type CompiledStep, compileStep, createSimdKernel } from './simd/simd-kernel.ts';
import { createReadableGradient } from './truncated-bptt.ts';

/** From the fastest to the one that runs everywhere. */
export type KernelVariant = SimdVariant | 'readable';

/** Makes the kernels of any shape, all of one variant. Kernels of one shape share their module. */
export interface Kernels {
  readonly variant: KernelVariant;
  readonly recurrent: (shape: NetworkShape) => RecurrentKernel;
  readonly gradient: (shape: NetworkShape) => GradientKernel;
}

/**
 * The fastest kernels of this machine, or those of the variant that is asked for. An engine that
 * has an optimising tier for WebAssembly should be told to start with it before the first kernel
 * is made (Node: `--no-liftoff`); otherwise it may stay slow for long.
 */
export function chooseKernels(wanted?: KernelVariant): Kernels {
  const variant = wanted ?? fastestVariant() ?? 'readable';
  return variant === 'readable' ? READABLE : simdKernels(variant);
}

const READABLE: Kernels = {
  variant: 'readable',
  recurrent: createReadableKernel,
  gradient: createReadableGradient,
};

function simdKernels(variant: SimdVariant): Kernels {
  const steps = new Map<string, CompiledStep>();
  const gradients = new Map<string, CompiledGradient>();
  return {
    variant,
    recurrent: (shape) => createSimdKernel(once(steps, shape, () => compileStep(shape, variant))),
    gradient: (shape) =>
      createSimdGradient(once(gradients, shape, () => compileGradient(shape, variant))),
  };
}

/** One entry a shape: as many as the configuration has kinds of models. */
function once<Compiled>(
  known: Map<string, Compiled>,
  { cell, inputs, hidden, layers, outputs }: NetworkShape,
  compile: () => Compiled,
): Compiled {
  const key = [cell, inputs, hidden, layers, outputs].join(' ');
  const found = known.get(key) ?? compile();
  known.set(key, found);
  return found;
}
