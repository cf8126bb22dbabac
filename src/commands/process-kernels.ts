import v8 from 'node:v8';
import { chooseKernels, type Kernels } from '../numerics/kernel-choice.ts';

/**
 * The kernels of this process, the fastest it takes. Call it before any WebAssembly is compiled:
 * V8 starts WebAssembly in a tier without optimisation and may leave a kernel there for long, so
 * that tier is turned off. The flag holds for all threads.
 */
export function processKernels(): Kernels {
  v8.setFlagsFromString('--no-liftoff');
  return chooseKernels();
}
