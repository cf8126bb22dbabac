/**
 * Writes the network of a workload as an ONNX model, since no tool chain is at hand to export one.
 * ONNX files are protocol buffers: each field is a key (number · 8 + wire type) and a value; only
 * variable-length integers (type 0) and length-prefixed bytes (type 2) are needed.
 *
 *   x (1,S,X), h0.. c0.. (1,S,H) ─▶ LSTM ─▶ … ─▶ LSTM ─▶ hn0.. cn0..
 *                              reshape ─▶ Gemm(wo) + Gemm(ws) + bo ─▶ y (S,O)
 */

import { networkParameters } from '../../../src/numerics/network-layout.ts';
import { INPUTS, networkShape, OUTPUTS, type Workload } from './workload.ts';

const IR_VERSION = 8;
const OPERATOR_SET = 14;
const FLOAT = 1;
const INT64 = 7;
const INT_ATTRIBUTE = 2;

/** Our gates are i f g o; ONNX has i o f c, where c is g. */
const GATE_ORDER = [0, 3, 1, 2];

/** The bytes of the model of one step; the batch size is fixed to the workload's streams. */
export function onnxModel(workload: Workload, weights: Float32Array): Uint8Array {
  const graph = [...nodes(workload), text(2, 'network'), ...initializers(workload, weights)];
  const { streams: S, hidden: H, layers: L } = workload;
  const state = [1, S, H];
  const layers = Array.from({ length: L }, (_, layer) => layer);
  graph.push(message(11, valueInfo('x', [1, S, INPUTS])));
  for (const layer of layers) {
    graph.push(
      message(11, valueInfo(`h${layer}`, state)),
      message(11, valueInfo(`c${layer}`, state)),
    );
  }
  graph.push(message(12, valueInfo('y', [S, OUTPUTS])));
  for (const layer of layers) {
    graph.push(message(12, valueInfo(`hn${layer}`, state)));
    graph.push(message(12, valueInfo(`cn${layer}`, state)));
  }
  return joined([
    integer(1, IR_VERSION),
    message(8, [integer(2, OPERATOR_SET)]),
    message(7, graph),
  ]);
}

function nodes({ hidden, layers }: Workload): Uint8Array[] {
  const all: Uint8Array[] = [];
  let below = 'x';
  for (let i = 0; i < layers; i++) {
    const inputs = [below, `w${i}`, `r${i}`, `b${i}`, '', `h${i}`, `c${i}`];
    const outputs = ['', `hn${i}`, `cn${i}`];
    all.push(node('LSTM', inputs, outputs, { hidden_size: hidden }));
    // The last h has the form of a sequence of one step: the layer above takes it as it is.
    below = `hn${i}`;
  }
  all.push(node('Reshape', [below, 'topShape'], ['top']), node('Reshape', ['x', 'xShape'], ['in']));
  all.push(node('Gemm', ['in', 'ws', 'bo'], ['skip'], { transB: 1 }));
  all.push(node('Gemm', ['top', 'wo', 'skip'], ['y'], { transB: 1 }));
  return all;
}

function initializers(workload: Workload, weights: Float32Array): Uint8Array[] {
  const { streams, hidden: H } = workload;
  const { layers, head } = networkParameters(networkShape(workload), weights);
  const all: Uint8Array[] = [];
  layers.forEach(({ wx, wh, b, X }, i) => {
    const bias = new Float32Array(8 * H);
    bias.set(reordered(b, H));
    all.push(floats(`w${i}`, [1, 4 * H, X], reordered(wx, H * X)));
    all.push(floats(`r${i}`, [1, 4 * H, H], reordered(wh, H * H)));
    all.push(floats(`b${i}`, [1, 8 * H], bias));
  });
  all.push(floats('wo', [OUTPUTS, H], Float32Array.from(head.wo)));
  all.push(floats('ws', [OUTPUTS, INPUTS], Float32Array.from(head.ws)));
  all.push(floats('bo', [OUTPUTS], Float32Array.from(head.bo)));
  all.push(integers('topShape', [streams, H]), integers('xShape', [streams, INPUTS]));
  return all;
}

/** The four gates' blocks of `size` numbers in ONNX's order. */
function reordered(ours: ArrayLike<number>, size: number): Float32Array {
  return Float32Array.from({ length: 4 * size }, (_, at) => {
    const gate = GATE_ORDER[Math.floor(at / size)]!;
    return ours[gate * size + (at % size)]!;
  });
}

function node(
  type: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number>> = {},
): Uint8Array {
  return message(1, [
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, type),
    ...Object.entries(attributes).map(([name, value]) =>
      message(5, [text(1, name), integer(3, value), integer(20, INT_ATTRIBUTE)]),
    ),
  ]);
}

function floats(name: string, dimensions: readonly number[], values: Float32Array): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return tensor(name, dimensions, FLOAT, raw);
}

function integers(name: string, values: readonly number[]): Uint8Array {
  return tensor(
    name,
    [values.length],
    INT64,
    new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  );
}

function tensor(name: string, dimensions: readonly number[], type: number, raw: Uint8Array) {
  const sizes = dimensions.map((size) => integer(1, size));
  return message(5, [...sizes, integer(2, type), text(8, name), bytes(9, raw)]);
}

function valueInfo(name: string, dimensions: readonly number[]): Uint8Array[] {
  const shape = dimensions.map((size) => message(1, [integer(1, size)]));
  return [text(1, name), message(2, [message(1, [integer(1, FLOAT), message(2, shape)])])];
}

function message(field: number, fields: readonly Uint8Array[]): Uint8Array {
  return bytes(field, joined(fields));
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return joined([variableLength(field * 8 + 2), variableLength(value.length), value]);
}

function integer(field: number, value: number): Uint8Array {
  return joined([variableLength(field * 8), variableLength(value)]);
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function variableLength(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    digits.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.of(...digits, rest);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
