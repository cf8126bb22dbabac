import { describe, expect, it } from 'vitest';
import { plainEngine } from './kernel-engine.ts';
import { kernelRow, kernelTable } from './kernel-report.ts';
import { disagreement, referenceOutcome } from './reference-outcome.ts';
import type { Workload } from './workload.ts';
import { drawWorkload, splitWorkload } from './workload-data.ts';

const workload: Workload = { kind: 'infer', streams: 1024, hidden: 64, layers: 1 };
const at = (median: number) => ({ median, spread: [median - 1, median + 2] as const });

describe('a row', () => {
  it('names the workload, the figures and the share of the peak', () => {
    expect(kernelRow(workload, 'inkling', at(1024), 100)).toEqual({
      workload: 'infer',
      streams: 1024,
      hidden: 64,
      layers: 1,
      engine: 'inkling',
      us: 1024,
      spread: [1023, 1026],
      gflops: 46.08,
      share: 0.4608,
    });
  });

  it('has no share above 1, for wider vectors are no better use of SIMD128', () => {
    expect(kernelRow(workload, 'onnxruntime', at(500), 60).share).toBe(1);
  });
});

describe('the table', () => {
  const rows = [
    kernelRow(workload, 'inkling', at(1200), 60),
    kernelRow(workload, 'tfjs-wasm', at(2400), 60),
    kernelRow(workload, 'pytorch', at(1150), 60),
    kernelRow({ ...workload, hidden: 32 }, 'pytorch', at(300), 60),
  ];

  it('holds our row against each peer and its target', () => {
    const [, own, tfjs, torch, other] = kernelTable(rows, 'simd128').split('\n');
    expect(own).toMatch(/inkling +1200 +1199 … 1202 +39\.32 +66 % +≥ 60 % reached$/);
    expect(tfjs).toMatch(/2\.00 × as fast +≥ 3 MISSED$/);
    expect(torch).toMatch(/0\.958 × as fast +≥ 0\.9 reached$/);
    expect(other).not.toContain('×  as fast');
    expect(other).not.toContain('≥');
  });

  it('asks more of relaxed SIMD', () => {
    const [, own, , torch] = kernelTable(rows, 'simd128-relaxed').split('\n');
    expect(own).toContain('≥ 70 % MISSED');
    expect(torch).toContain('≥ 1 MISSED');
  });
});

describe('the reference', () => {
  it('steps only the sampled streams and comes to what a step of all gives', async () => {
    const small: Workload = { kind: 'infer', streams: 40, hidden: 8, layers: 2 };
    const data = splitWorkload(small, drawWorkload(small));
    const task = await plainEngine().prepare(small, data);
    await task.run(1);
    const once = task.outcome();
    await task.run(1);
    expect(await referenceOutcome(small, data, 2)).toEqual([...once, ...task.outcome()]);
  });

  it('sees training change the loss', async () => {
    const small: Workload = { kind: 'train', streams: 2, hidden: 8, layers: 1 };
    const data = splitWorkload(small, drawWorkload(small));
    const [loss, norm, lossAfter] = await referenceOutcome(small, data, 2);
    expect(norm).toBeGreaterThan(0);
    expect(lossAfter).toBeLessThan(loss!);
  });

  it('bears the rounding of single precision and nothing more', () => {
    expect(disagreement([1, 100.005], [1.00005, 100])).toBeNull();
    expect(disagreement([1, 100], [1.0002, 100])).toContain('number 0 is 1');
    expect(disagreement([Number.NaN], [0])).toContain('NaN');
    expect(disagreement([1], [1, 2])).toBe('1 numbers came where 2 were expected');
  });
});
