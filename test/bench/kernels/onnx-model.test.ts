import { describe, expect, it } from 'vitest';
import { onnxModel } from './onnx-model.ts';
import type { Workload } from './workload.ts';
import { drawWorkload, splitWorkload } from './workload-data.ts';

type Fields = Map<number, (number | Uint8Array)[]>;

/** A protocol buffer's fields by number; an independent reader of what the writer wrote. */
function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const integer = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const digit = bytes[at++]!;
      value += (digit % 128) * shift;
      if (digit < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = integer();
    const first = integer();
    let value: number | Uint8Array = first;
    if (key % 8 === 2) {
      value = bytes.slice(at, at + first);
      at += first;
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).map((bytes) => fieldsOf(bytes as Uint8Array));
const texts = (fields: Fields, field: number) =>
  (fields.get(field) ?? []).map((bytes) => new TextDecoder().decode(bytes as Uint8Array));

function graphOf(workload: Workload) {
  const { weights } = splitWorkload(workload, drawWorkload(workload));
  const [graph] = messages(fieldsOf(onnxModel(workload, weights)), 7);
  return { graph: graph!, weights };
}

describe('onnxModel', () => {
  const workload: Workload = { kind: 'infer', streams: 300, hidden: 8, layers: 2 };

  it('stacks the layers and puts the head on the upper one', () => {
    const { graph } = graphOf(workload);
    const nodes = messages(graph, 1);
    const types = nodes.flatMap((node) => texts(node, 4));
    expect(types).toEqual(['LSTM', 'LSTM', 'Reshape', 'Reshape', 'Gemm', 'Gemm']);
    expect(texts(nodes[1]!, 1)).toEqual(['hn0', 'w1', 'r1', 'b1', '', 'h1', 'c1']);
    const outputs = messages(graph, 12).flatMap((info) => texts(info, 1));
    expect(outputs).toEqual(['y', 'hn0', 'cn0', 'hn1', 'cn1']);
  });

  it('puts our gates i f g o into the order i o f c', () => {
    const { graph, weights } = graphOf(workload);
    const tensor = messages(graph, 5).find((each) => texts(each, 8)[0] === 'w0')!;
    expect(tensor.get(1)).toEqual([1, 32, 16]);
    const written = new Float32Array((tensor.get(9)![0] as Uint8Array).buffer);
    const gate = 8 * 16;
    expect(written.slice(0, gate)).toEqual(weights.slice(0, gate));
    expect(written.slice(gate, 2 * gate)).toEqual(weights.slice(3 * gate, 4 * gate));
    expect(written.slice(2 * gate, 4 * gate)).toEqual(weights.slice(gate, 3 * gate));
  });

  it('fixes the batch to the streams', () => {
    const { graph } = graphOf(workload);
    const shape = messages(graph, 5).find((each) => texts(each, 8)[0] === 'topShape')!;
    const numbers = new BigInt64Array((shape.get(9)![0] as Uint8Array).buffer);
    expect([...numbers]).toEqual([300n, 8n]);
  });
});
