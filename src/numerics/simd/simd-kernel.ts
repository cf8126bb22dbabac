/**
 * The recurrent kernel in WebAssembly SIMD. Its module is emitted for one shape (step-module.ts) and
 * its memory holds everything, the slabs of h and c at the end, so that they can grow:
 *
 *   │ weights, staging │ h (capacity, L·H) │ c (capacity, L·H) │
 *
 * `h` and `c` are views of that memory. When it grows, c moves up and older views are empty.
 */

import { requireParameterCount, stateSize } from '../network-layout.ts';
import type { NetworkShape, RecurrentKernel } from '../recurrent-kernel.ts';
import type { SimdVariant } from './dialect.ts';
import { FLOAT } from './memory-plan.ts';
import { type PanelLayout, packWeights, panelLayout } from './panel-layout.ts';
import { stepModule } from './step-module.ts';
import { CHUNK, type StepPlan, stepPlan } from './step-plan.ts';
import {
  compileModule,
  createMemory,
  growMemory,
  instantiate,
  type WasmMemory,
  type WasmModule,
} from './web-assembly.ts';

/** What kernels of one shape share. */
export interface CompiledStep {
  readonly shape: NetworkShape;
  readonly variant: SimdVariant;
  readonly layout: PanelLayout;
  readonly plan: StepPlan;
  readonly module: WasmModule;
}

/** Emits and compiles the kernel of a shape: some ten milliseconds. */
export function compileStep(shape: NetworkShape, variant: SimdVariant): CompiledStep {
  const layout = panelLayout(shape);
  const plan = stepPlan(shape, layout);
  const module = compileModule(stepModule(shape, layout, plan, variant));
  return { shape, variant, layout, plan, module };
}

/** A kernel with all weights 0 and room for no stream yet. */
export function createSimdKernel(compiled: CompiledStep): RecurrentKernel {
  return new SimdKernel(compiled);
}

type StepFunction = (n: number, h: number, c: number) => number;

class SimdKernel implements RecurrentKernel {
  readonly shape: NetworkShape;
  readonly variant: string;
  readonly #layout: PanelLayout;
  readonly #plan: StepPlan;
  readonly #memory: WasmMemory;
  readonly #step: StepFunction;
  #capacity: number;
  // Views of the memory, made anew when it has grown.
  #h: Float32Array;
  #c: Float32Array;
  #rows: Uint32Array;
  #x: Float32Array;
  #y: Float32Array;

  constructor({ shape, variant, layout, plan, module }: CompiledStep) {
    this.shape = shape;
    this.variant = variant;
    this.#layout = layout;
    this.#plan = plan;
    this.#memory = createMemory(plan.slabs);
    this.#step = instantiate(module, this.#memory)['step'];
    this.#capacity = 0;
    this.#h = this.#view(plan.slabs, 0);
    this.#c = this.#h;
    this.#rows = new Uint32Array(0);
    this.#x = this.#h;
    this.#y = this.#h;
    this.#refreshViews();
  }

  get h(): Float32Array {
    return this.#h;
  }

  get c(): Float32Array {
    return this.#c;
  }

  setWeights(weights: Float32Array): void {
    requireParameterCount(this.shape, weights);
    packWeights(this.#layout, weights, this.#view(this.#plan.weights, this.#layout.size));
  }

  /** At least doubles the slabs when they are too small, so that growing one by one stays cheap. */
  reserve(capacity: number): void {
    const before = this.#capacity;
    if (capacity <= before) return;
    const after = Math.max(capacity, 2 * before);
    const size = stateSize(this.shape);
    growMemory(this.#memory, this.#plan.slabs + 2 * after * size * FLOAT);
    const slabs = this.#view(this.#plan.slabs, 2 * after * size);
    // The room between the slabs held c until now and belongs to new rows of h.
    slabs.copyWithin(after * size, before * size, 2 * before * size);
    slabs.fill(0, before * size, Math.min(2 * before, after) * size);
    this.#capacity = after;
    this.#refreshViews();
  }

  step(rows: Uint32Array, count: number, x: Float32Array, y: Float32Array): void {
    const { inputs, outputs } = this.shape;
    for (let i = 0; i < count; i++) {
      if (rows[i] >= this.#capacity) {
        throw new RangeError(`expected a row below ${this.#capacity}, got ${rows[i]}`);
      }
    }
    const { byteOffset: h } = this.#h;
    const { byteOffset: c } = this.#c;
    for (let from = 0; from < count; from += CHUNK) {
      const n = Math.min(CHUNK, count - from);
      copyPart(rows, from, this.#rows, 0, n);
      copyPart(x, from * inputs, this.#x, 0, n * inputs);
      this.#step(n, h, c);
      copyPart(this.#y, 0, y, from * outputs, n * outputs);
    }
  }

  #refreshViews(): void {
    const { shape, rows, x, y, slabs } = { shape: this.shape, ...this.#plan };
    const size = this.#capacity * stateSize(shape);
    this.#h = this.#view(slabs, size);
    this.#c = this.#view(slabs + size * FLOAT, size);
    this.#rows = new Uint32Array(this.#memory.buffer, rows, CHUNK);
    this.#x = this.#view(x, CHUNK * shape.inputs);
    this.#y = this.#view(y, CHUNK * shape.outputs);
  }

  #view(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }
}

/** Below this many numbers a loop is cheaper than two views and a call. */
const COPY_LOOP_MAX = 128;

function copyPart<A extends Float32Array | Uint32Array>(
  source: A,
  from: number,
  target: A,
  at: number,
  count: number,
): void {
  if (count > COPY_LOOP_MAX) {
    target.set(source.subarray(from, from + count), at);
    return;
  }
  for (let i = 0; i < count; i++) target[at + i] = source[from + i];
}
