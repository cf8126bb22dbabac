/**
 * onnxruntime-node on one thread, inference only. States and outputs go to tensors that are made
 * once and change places after each step, which is its fastest way of keeping state.
 */

import type { BenchEngine, BenchTask } from './bench-engine.ts';
import { onnxModel } from './onnx-model.ts';
import { peerModule } from './peer-modules.ts';
import { INPUTS, OUTPUTS, type Workload } from './workload.ts';
import { layerStates, sampleRows, type WorkloadData } from './workload-data.ts';

interface Tensor {
  readonly data: Float32Array;
}
type Tensors = Record<string, Tensor>;

/** The part of onnxruntime-node that is used here. */
interface OnnxRuntime {
  readonly env: { readonly versions: { readonly node?: string; readonly common: string } };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: number[]) => Tensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<Session>;
  };
}

interface Session {
  run(feeds: Tensors, fetches: Tensors): Promise<Tensors>;
}

export function onnxruntimeEngine(): BenchEngine {
  const ort = peerModule<OnnxRuntime>('onnxruntime-node');
  return {
    description: `onnxruntime-node ${ort.env.versions.common}, one thread`,
    prepare: (workload, data) => {
      if (workload.kind === 'train') throw new Error('onnxruntime-node does not train');
      return inference(ort, workload, data);
    },
  };
}

async function inference(
  ort: OnnxRuntime,
  workload: Workload,
  data: WorkloadData,
): Promise<BenchTask> {
  const { streams: S, hidden: H, layers: L } = workload;
  const session = await ort.InferenceSession.create(onnxModel(workload, data.weights), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
  const tensor = (values: Float32Array, shape: number[]) =>
    new ort.Tensor('float32', values, shape);
  const y = tensor(new Float32Array(S * OUTPUTS), [S, OUTPUTS]);
  const x = tensor(data.x, [1, S, INPUTS]);
  const feeds = [{ x } as Tensors, { x } as Tensors];
  const fetches = [{ y } as Tensors, { y } as Tensors];
  for (let layer = 0; layer < L; layer++) {
    for (const [name, initial] of [
      ['h', data.h0],
      ['c', data.c0],
    ] as const) {
      const first = tensor(layerStates(initial, workload, layer), [1, S, H]);
      const second = tensor(new Float32Array(S * H), [1, S, H]);
      feeds[0]![`${name}${layer}`] = first;
      feeds[1]![`${name}${layer}`] = second;
      fetches[0]![`${name}n${layer}`] = second;
      fetches[1]![`${name}n${layer}`] = first;
    }
  }
  let turn = 0;
  return {
    run: async (iterations) => {
      for (let i = 0; i < iterations; i++) {
        await session.run(feeds[turn]!, fetches[turn]!);
        turn = 1 - turn;
      }
    },
    outcome: () => sampleRows(y.data, S),
  };
}
