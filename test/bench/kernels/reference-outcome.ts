import { plainEngine } from './kernel-engine.ts';
import { INPUTS, type Workload } from './workload.ts';
import { sampledStreams, type WorkloadData } from './workload-data.ts';

/** What outcomes may differ by, relative to numbers larger than 1. */
const TOLERANCE = 1e-4;

/** What the readable cells make of a workload; of many streams, they step the sampled ones. */
export async function referenceOutcome(
  workload: Workload,
  data: WorkloadData,
  iterations: number,
): Promise<number[]> {
  const task =
    workload.kind === 'train'
      ? await plainEngine().prepare(workload, data)
      : await plainEngine().prepare(...sampled(workload, data));
  const outcomes: number[] = [];
  for (let i = 0; i < iterations; i++) {
    await task.run(1);
    outcomes.push(...task.outcome());
  }
  return outcomes;
}

function sampled(workload: Workload, data: WorkloadData): [Workload, WorkloadData] {
  const rows = sampledStreams(workload.streams);
  const states = workload.hidden * workload.layers;
  const pick = (all: Float32Array, width: number) =>
    Float32Array.from(rows.flatMap((row) => [...all.subarray(row * width, (row + 1) * width)]));
  const { x, h0, c0 } = data;
  return [
    { ...workload, streams: rows.length },
    { ...data, x: pick(x, INPUTS), h0: pick(h0, states), c0: pick(c0, states) },
  ];
}

/** What is wrong with an engine's outcomes, or null when they agree with the reference. */
export function disagreement(
  outcomes: readonly number[],
  reference: readonly number[],
): string | null {
  if (outcomes.length !== reference.length) {
    return `${outcomes.length} numbers came where ${reference.length} were expected`;
  }
  const worst = reference.findIndex((expected, i) => {
    const difference = Math.abs(outcomes[i]! - expected);
    return !(difference <= TOLERANCE * Math.max(1, Math.abs(expected)));
  });
  if (worst < 0) return null;
  return `number ${worst} is ${outcomes[worst]} where ${reference[worst]} was expected`;
}
