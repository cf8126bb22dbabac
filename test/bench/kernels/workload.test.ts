import { describe, expect, it } from 'vitest';
import { parameterCount } from '../../../src/numerics/network-layout.ts';
import {
  flopsOf,
  networkShape,
  WORKLOADS,
  type Workload,
  workloadId,
  workloadOf,
} from './workload.ts';
import {
  drawWorkload,
  layerStates,
  sampledStreams,
  sampleRows,
  splitWorkload,
} from './workload-data.ts';

const infer: Workload = { kind: 'infer', streams: 3, hidden: 8, layers: 2 };
const train: Workload = { kind: 'train', streams: 2, hidden: 8, layers: 1 };

describe('a workload', () => {
  it('comes back from its id', () => {
    const all = WORKLOADS.flat();
    expect(all.map((workload) => workloadOf(workloadId(workload)))).toEqual(all);
    expect(new Set(all.map(workloadId)).size).toBe(all.length);
  });

  it('is not made of any text', () => {
    expect(() => workloadOf('infer-1-64')).toThrow('expected the id of a workload');
    expect(() => workloadOf('guess-1-64-1')).toThrow(RangeError);
  });

  it('counts two operations for each weight that is no bias', () => {
    const biases = 2 * 4 * 8 + 32;
    const products = parameterCount(networkShape(infer)) - biases;
    expect(flopsOf(infer)).toBe(3 * 2 * products);
  });

  it('counts a training step three times its way forward', () => {
    const forward = flopsOf({ ...train, kind: 'infer' });
    expect(flopsOf(train)).toBe(3 * 48 * forward);
  });
});

describe('the data of a workload', () => {
  it('are the same each time and others for another workload', () => {
    expect(drawWorkload(infer)).toEqual(drawWorkload(infer));
    expect(drawWorkload(infer).slice(0, 9)).not.toEqual(drawWorkload(train).slice(0, 9));
  });

  it('are split into parts that cover them', () => {
    const parts = splitWorkload(train, drawWorkload(train));
    expect(parts.x.length).toBe(48 * 2 * 16);
    expect(parts.h0.length).toBe(2 * 8);
    expect(parts.target.length).toBe(48 * 2 * 32);
    expect(parts.target.byteOffset / 4 + parts.target.length).toBe(drawWorkload(train).length);
    expect(splitWorkload(infer, drawWorkload(infer)).target.length).toBe(0);
    expect(() => splitWorkload(train, drawWorkload(infer))).toThrow(RangeError);
  });

  it('give one layer its states', () => {
    const states = Float32Array.from({ length: 3 * 16 }, (_, i) => i);
    const upper = layerStates(states, infer, 1);
    expect([upper[0], upper[7], upper[8], upper.at(-1)]).toEqual([8, 15, 24, 47]);
  });

  it('are compared at the first and the last streams', () => {
    expect(sampledStreams(2)).toEqual([0, 1]);
    const many = sampledStreams(1000);
    expect([many.length, many[0], many[7], many[8], many[15]]).toEqual([16, 0, 7, 992, 999]);
    const y = Float32Array.from({ length: 2 * 32 }, (_, i) => i);
    expect(sampleRows(y, 2)).toEqual([...y]);
  });
});
