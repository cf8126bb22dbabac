/**
 * TensorFlow.js with its WebAssembly backend, SIMD on and threads off. Each step is one product
 * with the joined rows [x|h] and a bias, which measured faster than its ready-made `basicLSTMCell`.
 */

import { dirname } from 'node:path';
import { networkParameters } from '../../../src/numerics/network-layout.ts';
import type { BenchEngine, BenchTask } from './bench-engine.ts';
import { peerModule, peerPath } from './peer-modules.ts';
import { INPUTS, networkShape, OUTPUTS, STEPS, type Workload } from './workload.ts';
import { layerStates, sampleRows, TRAINING, type WorkloadData } from './workload-data.ts';

interface Tensor {
  readonly id: number;
  dataSync(): Float32Array;
  dispose(): void;
}
type Tensors = readonly Tensor[];

/** The part of @tensorflow/tfjs that is used here. */
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  env(): { set(flag: string, on: boolean): void; getAsync(flag: string): Promise<boolean> };
  setBackend(name: string): Promise<boolean>;
  readonly fused: { matMul(of: { a: Tensor; b: Tensor; bias: Tensor }): Tensor };
  readonly train: {
    adam(
      rate: number,
      beta1: number,
      beta2: number,
      epsilon: number,
    ): { applyGradients(gradients: Record<string, Tensor>): void };
  };
  tensor2d(data: Float32Array, shape: [number, number]): Tensor;
  tensor1d(data: Float32Array): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Tensor & { readonly name: string };
  tidy<T>(body: () => T): T;
  keep(tensor: Tensor): Tensor;
  concat2d(parts: Tensors, axis: number): Tensor;
  split(of: Tensor, parts: number, axis: number): [Tensor, Tensor, Tensor, Tensor];
  add(left: Tensor, right: Tensor): Tensor;
  sub(left: Tensor, right: Tensor): Tensor;
  mul(left: Tensor, right: Tensor | number): Tensor;
  sigmoid(of: Tensor): Tensor;
  tanh(of: Tensor): Tensor;
  abs(of: Tensor): Tensor;
  square(of: Tensor): Tensor;
  sum(of: Tensor): Tensor;
  mean(of: Tensor): Tensor;
  minimum(left: Tensor, right: number): Tensor;
  clipByValue(of: Tensor, low: number, high: number): Tensor;
  customGrad(
    body: (
      of: Tensor,
      save: (tensors: Tensors) => void,
    ) => { value: Tensor; gradFunc: (dy: Tensor, saved: Tensors) => Tensor },
  ): (of: Tensor) => Tensor;
  variableGrads(
    loss: () => Tensor,
    variables: Tensors,
  ): { value: Tensor; grads: Record<string, Tensor> };
}

interface Layer {
  /** (X + H, 4H) */
  readonly kernel: Tensor;
  /** (4H) */
  readonly bias: Tensor;
}

interface Network {
  readonly layers: readonly Layer[];
  /** (X + H, O) and (O) */
  readonly head: Layer;
}

/** Variables have names that are used once. */
let trainings = 0;

export async function tfjsEngine(): Promise<BenchEngine> {
  // The whole package, for the core alone comes without gradients.
  const tf = peerModule<TensorFlow>('@tensorflow/tfjs');
  const name = '@tensorflow/tfjs-backend-wasm';
  const backend = peerModule<{ setWasmPaths(folder: string): void }>(name);
  backend.setWasmPaths(`${dirname(peerPath(name))}/`);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs has no wasm backend here');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    description: `tfjs ${tf.version.tfjs} wasm, SIMD ${simd ? 'on' : 'off'}, one thread`,
    prepare: (workload, data) =>
      workload.kind === 'infer' ? inference(tf, workload, data) : training(tf, workload, data),
  };
}

function inference(tf: TensorFlow, workload: Workload, data: WorkloadData): BenchTask {
  const network = networkOf(tf, workload, data.weights);
  const x = tf.tensor2d(data.x, [workload.streams, INPUTS]);
  let states = statesOf(tf, workload, data);
  let y: Float32Array = new Float32Array(0);
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) {
        const [out, next] = tf.tidy(() => {
          const [top, after] = step(tf, network, x, states);
          return [outputs(tf, network, x, top), after];
        });
        for (const state of states) state.dispose();
        states = next;
        y = out.dataSync();
        out.dispose();
      }
    },
    outcome: () => sampleRows(y, workload.streams),
  };
}

function training(tf: TensorFlow, workload: Workload, data: WorkloadData): BenchTask {
  const initial = networkOf(tf, workload, data.weights);
  const parts = [...initial.layers, initial.head].flatMap(({ kernel, bias }) => [kernel, bias]);
  const variables = parts.map((part, i) => tf.variable(part, true, `part${i} ${++trainings}`));
  const layers = initial.layers.map((_, i) => ({
    kernel: variables[2 * i]!,
    bias: variables[2 * i + 1]!,
  }));
  const head = { kernel: variables.at(-2)!, bias: variables.at(-1)! };
  const network = { layers, head };
  const { streams } = workload;
  const size = streams * INPUTS;
  const xs = Array.from({ length: STEPS }, (_, t) =>
    tf.tensor2d(data.x.subarray(t * size, (t + 1) * size), [streams, INPUTS]),
  );
  const x = tf.tensor2d(data.x, [STEPS * streams, INPUTS]);
  const states = statesOf(tf, workload, data);
  const huber = meanHuber(tf, tf.tensor2d(data.target, [STEPS * streams, OUTPUTS]), data.target);
  const { learningRate, beta1, beta2, epsilon, clipNorm } = TRAINING;
  const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);

  const loss = () => {
    const tops: Tensor[] = [];
    let now: Tensors = states;
    for (const input of xs) {
      const [top, after] = step(tf, network, input, now);
      tops.push(top);
      now = after;
    }
    return huber(outputs(tf, network, x, tf.concat2d(tops, 0)));
  };
  const update = () => {
    const { value, grads } = tf.variableGrads(loss, variables);
    const squares = Object.values(grads).map((part) => tf.sum(tf.square(part)).dataSync()[0]!);
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square));
    const scale = Math.min(1, clipNorm / norm);
    const clipped = Object.entries(grads).map(([name, part]) => [name, tf.mul(part, scale)]);
    adam.applyGradients(Object.fromEntries(clipped));
    return [value.dataSync()[0]!, norm];
  };
  let outcome: number[] = [];
  return {
    run: (iterations) => {
      for (let i = 0; i < iterations; i++) outcome = tf.tidy(update);
    },
    outcome: () => outcome,
  };
}

/** The top layer's h (S, H), and all states after the step: h and c of each layer. */
function step(tf: TensorFlow, network: Network, x: Tensor, states: Tensors): [Tensor, Tensor[]] {
  let below = x;
  const after: Tensor[] = [];
  network.layers.forEach(({ kernel, bias }, layer) => {
    const a = tf.concat2d([below, states[2 * layer]!], 1);
    const [i, f, g, o] = tf.split(tf.fused.matMul({ a, b: kernel, bias }), 4, 1);
    const kept = tf.mul(tf.sigmoid(f), states[2 * layer + 1]!);
    const c = tf.add(kept, tf.mul(tf.sigmoid(i), tf.tanh(g)));
    below = tf.mul(tf.sigmoid(o), tf.tanh(c));
    after.push(below, c);
  });
  return [below, after];
}

function outputs(tf: TensorFlow, { head }: Network, x: Tensor, top: Tensor): Tensor {
  return tf.fused.matMul({ a: tf.concat2d([x, top], 1), b: head.kernel, bias: head.bias });
}

/** The mean of huber(y − target, 1), with its short derivative written out. */
function meanHuber(tf: TensorFlow, target: Tensor, { length }: Float32Array) {
  return tf.customGrad((y, save) => {
    save([y]);
    const size = tf.abs(tf.sub(y, target));
    const inner = tf.minimum(size, 1);
    return {
      value: tf.mean(tf.mul(inner, tf.sub(size, tf.mul(inner, 0.5)))),
      gradFunc: (dy, [saved]) =>
        tf.mul(tf.mul(tf.clipByValue(tf.sub(saved!, target), -1, 1), 1 / length), dy),
    };
  });
}

function networkOf(tf: TensorFlow, workload: Workload, weights: Float32Array): Network {
  const { layers, head } = networkParameters(networkShape(workload), weights);
  const joined = (x: ArrayLike<number>, X: number, h: ArrayLike<number>, H: number, out: number) =>
    tf.tensor2d(joinTransposed(x, X, h, H, out), [X + H, out]);
  return {
    layers: layers.map(({ wx, wh, b, X, H }) => ({
      kernel: joined(wx, X, wh, H, 4 * H),
      bias: tf.tensor1d(Float32Array.from(b)),
    })),
    head: {
      kernel: joined(head.ws, INPUTS, head.wo, head.H, OUTPUTS),
      bias: tf.tensor1d(Float32Array.from(head.bo)),
    },
  };
}

/** From (out, X) and (out, H) to (X + H, out). */
function joinTransposed(
  x: ArrayLike<number>,
  X: number,
  h: ArrayLike<number>,
  H: number,
  out: number,
): Float32Array {
  const joined = new Float32Array((X + H) * out);
  for (let n = 0; n < out; n++) {
    for (let k = 0; k < X; k++) joined[k * out + n] = x[n * X + k]!;
    for (let k = 0; k < H; k++) joined[(X + k) * out + n] = h[n * H + k]!;
  }
  return joined;
}

/** h and c of each layer, (S, H). */
function statesOf(tf: TensorFlow, workload: Workload, { h0, c0 }: WorkloadData): Tensors {
  const { streams, hidden, layers } = workload;
  return Array.from({ length: layers }, (_, layer) =>
    [h0, c0].map((all) => tf.tensor2d(layerStates(all, workload, layer), [streams, hidden])),
  ).flat();
}
