/**
 * Where everything of a network lies in its one flat array, and what the array holds at first.
 *
 *   │ layer 1: wx wh b (bn) │ layer 2 │ … │ head: wo ws bo │
 *
 * The order of the parts is given in recurrent-kernel.ts; it is the order of weights, gradients,
 * Adam's moments and checkpoints.
 */

import { type CellParameters, cellParameterCount, cellParameters } from './cells/cell.ts';
import { type HeadParameters, headParameterCount, headParameters } from './linear-head.ts';
import type { Floats } from './linear-map.ts';
import type { Random } from './random.ts';
import type { NetworkShape } from './recurrent-kernel.ts';

/** LSTM forget biases are spread over this range: units that forget sooner and later. */
const FORGET_BIAS_MIN = 1;
const FORGET_BIAS_MAX = 2.5;
/** The head begins this much smaller than its fan-in asks, so that the first outputs are near 0. */
const HEAD_SCALE = 0.01;

/** Views into a flat array of weights or gradients. */
export interface NetworkParameters {
  /** From the inputs upwards. */
  readonly layers: readonly CellParameters[];
  readonly head: HeadParameters;
}

/** Numbers in the flat weights. */
export function parameterCount(shape: NetworkShape): number {
  let count = headParameterCount(shape.inputs, shape.hidden, shape.outputs);
  for (let layer = 0; layer < shape.layers; layer++) {
    count += cellParameterCount(shape.cell, layerInputs(shape, layer), shape.hidden);
  }
  return count;
}

/** Numbers in one stream's h, and in its c: L·H, layer by layer from the inputs upwards. */
export function stateSize(shape: NetworkShape): number {
  return shape.layers * shape.hidden;
}

/** Views into `flat`, whose length must be `parameterCount(shape)`. */
export function networkParameters(shape: NetworkShape, flat: Floats): NetworkParameters {
  requireParameterCount(shape, flat);
  const { cell, inputs: X, hidden: H, outputs: O } = shape;
  const layers: CellParameters[] = [];
  let offset = 0;
  for (let layer = 0; layer < shape.layers; layer++) {
    const layerX = layerInputs(shape, layer);
    layers.push(cellParameters(cell, flat, offset, layerX, H));
    offset += cellParameterCount(cell, layerX, H);
  }
  return { layers, head: headParameters(flat, offset, { X, H, O }) };
}

/** Throws a RangeError unless `flat` has the length of the shape's weights. */
export function requireParameterCount(shape: NetworkShape, flat: Floats): void {
  const expected = parameterCount(shape);
  if (flat.length !== expected) {
    throw new RangeError(`expected ${expected} weights, got ${flat.length}`);
  }
}

/**
 * The weights an untrained network starts from: uniform within ±1/√fan-in, biases 0, LSTM forget
 * biases spread evenly over 1..2.5, the head a hundredth of that, so that the first outputs are
 * nearly 0. The caller owns the result.
 */
export function initialWeights(shape: NetworkShape, random: Random): Float32Array {
  const weights = new Float32Array(parameterCount(shape));
  const { layers, head } = networkParameters(shape, weights);
  for (const p of layers) {
    fillUniform(p.wx, 1 / Math.sqrt(p.X), random);
    fillUniform(p.wh, 1 / Math.sqrt(p.H), random);
    if (shape.cell === 'lstm') spreadForgetBiases(p.b.subarray(p.H, 2 * p.H));
  }
  fillUniform(head.wo, HEAD_SCALE / Math.sqrt(head.H), random);
  fillUniform(head.ws, HEAD_SCALE / Math.sqrt(head.X), random);
  return weights;
}

function layerInputs(shape: NetworkShape, layer: number): number {
  return layer === 0 ? shape.inputs : shape.hidden;
}

function fillUniform(target: Floats, limit: number, random: Random): void {
  for (let i = 0; i < target.length; i++) target[i] = (2 * random.uniform() - 1) * limit;
}

/** biases (H): the f rows of an LSTM's b */
function spreadForgetBiases(biases: Floats): void {
  const range = FORGET_BIAS_MAX - FORGET_BIAS_MIN;
  const last = Math.max(1, biases.length - 1);
  for (let j = 0; j < biases.length; j++) biases[j] = FORGET_BIAS_MIN + (range * j) / last;
}
