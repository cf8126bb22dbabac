/**
 * The recurrent kernel made of the readable cells: the oracle and the fallback of every faster one.
 *
 *   h, c: Float32Array (capacity, L·H)       ┌ row of a stream ─────────────────┐
 *                                            │ layer 1 (H) │ … │ layer L (H)    │
 *
 * Streams are stepped one after the other in double precision: weights are kept as doubles (the
 * same numbers, faster to read), a stream's state is copied out of the slab, stepped, and rounded
 * back into it. So a stream's bits cannot depend on its companions, and NaN stays where it came.
 */

import { type CellStep, GATE_COUNT } from './cells/cell.ts';
import { CELL_FUNCTIONS, type CellFunctions } from './cells/cell-functions.ts';
import { headForward } from './linear-head.ts';
import {
  type NetworkParameters,
  networkParameters,
  parameterCount,
  requireParameterCount,
  stateSize,
} from './network-layout.ts';
import type { NetworkShape, RecurrentKernel } from './recurrent-kernel.ts';

/** A kernel with all weights 0 and room for no stream yet. */
export function createReadableKernel(shape: NetworkShape): RecurrentKernel {
  return new ReadableKernel(shape);
}

/** The arrays of one step of one stream, in doubles. */
type LayerStep = { readonly [Name in keyof CellStep]: Float64Array };

class ReadableKernel implements RecurrentKernel {
  readonly shape: NetworkShape;
  readonly variant = 'readable';
  #h: Float32Array;
  #c: Float32Array;
  #capacity: number;
  readonly #weights: Float64Array;
  readonly #parameters: NetworkParameters;
  readonly #cell: CellFunctions;
  /** One per layer; each layer's x is the h of the one below. */
  readonly #steps: readonly LayerStep[];
  readonly #x: Float64Array;
  readonly #y: Float64Array;

  constructor(shape: NetworkShape) {
    this.shape = shape;
    this.#h = new Float32Array(0);
    this.#c = new Float32Array(0);
    this.#capacity = 0;
    this.#weights = new Float64Array(parameterCount(shape));
    this.#parameters = networkParameters(shape, this.#weights);
    this.#cell = CELL_FUNCTIONS[shape.cell];
    this.#x = new Float64Array(shape.inputs);
    this.#steps = stackedSteps(shape, this.#x);
    this.#y = new Float64Array(shape.outputs);
  }

  get h(): Float32Array {
    return this.#h;
  }

  get c(): Float32Array {
    return this.#c;
  }

  setWeights(weights: Float32Array): void {
    requireParameterCount(this.shape, weights);
    this.#weights.set(weights);
  }

  /** At least doubles the slabs when they are too small, so that growing one by one stays cheap. */
  reserve(capacity: number): void {
    if (capacity <= this.#capacity) return;
    this.#capacity = Math.max(capacity, 2 * this.#capacity);
    this.#h = grown(this.#h, this.#capacity * stateSize(this.shape));
    this.#c = grown(this.#c, this.#capacity * stateSize(this.shape));
  }

  step(rows: Uint32Array, count: number, x: Float32Array, y: Float32Array): void {
    const { inputs, outputs } = this.shape;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      if (row >= this.#capacity) {
        throw new RangeError(`expected a row below ${this.#capacity}, got ${row}`);
      }
      load(this.#x, x, i * inputs);
      this.#stepLayers(row * stateSize(this.shape));
      const top = this.#steps[this.#steps.length - 1];
      headForward(this.#parameters.head, 1, top.h, this.#x, this.#y);
      store(y, i * outputs, this.#y);
    }
  }

  /** Steps the stream whose state begins at `stateAt` of the slabs; its inputs are in #x. */
  #stepLayers(stateAt: number): void {
    const H = this.shape.hidden;
    for (let layer = 0; layer < this.#steps.length; layer++) {
      const step = this.#steps[layer];
      const at = stateAt + layer * H;
      load(step.hBefore, this.#h, at);
      load(step.cBefore, this.#c, at);
      this.#cell.step(this.#parameters.layers[layer], 1, step);
      store(this.#h, at, step.h);
      if (this.shape.cell === 'lstm') store(this.#c, at, step.c);
    }
  }
}

/** The arrays of one step of one stream, layer upon layer over the inputs `x`. */
function stackedSteps(shape: NetworkShape, x: Float64Array): LayerStep[] {
  const { cell, hidden: H, layers } = shape;
  const steps: LayerStep[] = [];
  let below = x;
  for (let layer = 0; layer < layers; layer++) {
    const h = new Float64Array(H);
    steps.push({
      x: below,
      hBefore: new Float64Array(H),
      cBefore: new Float64Array(H),
      h,
      c: new Float64Array(H),
      gates: new Float64Array(GATE_COUNT[cell] * H),
      recurrent: new Float64Array(cell === 'gru' ? 3 * H : 0),
    });
    below = h;
  }
  return steps;
}

// Two copies of one loop, so that each sees one pair of types and compiles to plain moves.

function load(target: Float64Array, source: Float32Array, sourceAt: number): void {
  for (let i = 0; i < target.length; i++) target[i] = source[sourceAt + i];
}

function store(target: Float32Array, targetAt: number, source: Float64Array): void {
  for (let i = 0; i < source.length; i++) target[targetAt + i] = source[i];
}

function grown(slab: Float32Array, length: number): Float32Array {
  const larger = new Float32Array(length);
  larger.set(slab);
  return larger;
}
