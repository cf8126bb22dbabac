import {
  ROW_BASE,
  ROW_INPUTS,
  ROW_MEMBER,
  ROW_STEP,
  ROW_VALUE,
  rowWidth,
  STATE_EVERY_STEPS,
  TARGET_MAX,
  type TrainingRows,
} from '../../../src/engine/training/training-rows.ts';
import { initialWeights } from '../../../src/numerics/network-layout.ts';
import { Random } from '../../../src/numerics/random.ts';
import { createReadableKernel } from '../../../src/numerics/readable-kernel.ts';
import type { NetworkShape, RecurrentKernel } from '../../../src/numerics/recurrent-kernel.ts';

const SMALL_SHAPE: NetworkShape = {
  cell: 'lstm',
  inputs: 3,
  hidden: 8,
  layers: 1,
  outputs: 4,
};

export interface SimulatedGroupOptions {
  readonly members: number;
  readonly seed: number;
  readonly shape?: NetworkShape;
  /** Replaces a stream's value, to bring in faults. */
  readonly value?: (value: number, member: number, step: number) => number;
}

/**
 * A small stand-in for the engine: streams of one group, each a daily sine with its own phase and
 * autoregressive noise, stepped by a real kernel. What the streams hold can be learnt: the last
 * value and the last change tell much about the next ones, the last value alone does not.
 */
export class SimulatedGroup {
  readonly group = 'shared';
  readonly shape: NetworkShape;
  readonly weights: Float32Array;
  version = 0;
  readonly #kernel: RecurrentKernel;
  readonly #random: Random;
  readonly #noise: Float64Array;
  readonly #last: Float64Array;
  readonly #members: number;
  readonly #value: (value: number, member: number, step: number) => number;
  #step = 0;

  constructor({ members, seed, shape = SMALL_SHAPE, value = (v) => v }: SimulatedGroupOptions) {
    this.shape = shape;
    this.#members = members;
    this.#random = new Random(seed);
    this.weights = initialWeights(shape, this.#random);
    this.#kernel = createReadableKernel(shape);
    this.#kernel.reserve(members);
    this.#kernel.setWeights(this.weights);
    this.#noise = new Float64Array(members);
    this.#last = new Float64Array(members);
    this.#value = value;
  }

  /** Makes other weights live, as a weights event does: h and c are kept. */
  swap(version: number, weights: Float32Array): void {
    this.version = version;
    this.weights.set(weights);
    this.#kernel.setWeights(weights);
  }

  /** The next `steps` steps of every stream, forecast with the weights that are live now. */
  rows(steps: number): TrainingRows {
    const { inputs: X, outputs: O, layers, hidden } = this.shape;
    const width = rowWidth(this.shape);
    const cells = layers * hidden;
    const count = steps * this.#members;
    const rows = new Float64Array(count * width);
    const stateAt: number[] = [];
    const states: number[] = [];
    const x = new Float32Array(X);
    const y = new Float32Array(O);
    for (let index = 0; index < count; index++) {
      const member = index % this.#members;
      const step = this.#step + Math.floor(index / this.#members);
      if (step % STATE_EVERY_STEPS === 0) {
        const [from, to] = [member * cells, (member + 1) * cells];
        stateAt.push(member, step);
        states.push(...this.#kernel.h.subarray(from, to), ...this.#kernel.c.subarray(from, to));
      }
      const value = this.#next(member, step);
      const shown = Number.isFinite(value) ? value : this.#last[member]!;
      x.fill(0);
      x[0] = clip(shown);
      x[1] = clip(4 * (shown - this.#last[member]!));
      x[2] = 1;
      this.#last[member] = shown;
      this.#kernel.step(Uint32Array.of(member), 1, x, y);
      const row = rows.subarray(index * width, (index + 1) * width);
      row[ROW_MEMBER] = member;
      row[ROW_STEP] = step;
      row[ROW_VALUE] = value;
      row[ROW_BASE] = shown;
      row.set(x, ROW_INPUTS);
      for (let h = 1; h <= O; h++) row[ROW_INPUTS + X + h - 1] = 0.15 * h;
      row.set(y, ROW_INPUTS + X + O);
    }
    this.#step += steps;
    return {
      group: this.group,
      shape: this.shape,
      version: this.version,
      count,
      rows,
      stateCount: stateAt.length / 2,
      stateAt: Float64Array.from(stateAt),
      states: Float32Array.from(states),
    };
  }

  #next(member: number, step: number): number {
    this.#noise[member] = 0.7 * this.#noise[member]! + 0.05 * this.#random.gaussian();
    const value = Math.sin((2 * Math.PI * step) / 24 + member) + this.#noise[member]!;
    return this.#value(value, member, step);
  }
}

function clip(value: number): number {
  return Math.max(-TARGET_MAX, Math.min(TARGET_MAX, value));
}
