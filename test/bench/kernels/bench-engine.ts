import type { Workload } from './workload.ts';
import type { WorkloadData } from './workload-data.ts';

/** A workload made ready by an engine: its state is kept from one iteration to the next. */
export interface BenchTask {
  run(iterations: number): void | Promise<void>;
  /**
   * What the last iteration came to, for comparison: y of the sampled streams, or the loss and
   * the norm of the gradient before clipping.
   */
  outcome(): number[];
}

/** Something that can do workloads: ours or a peer. */
export interface BenchEngine {
  /** Version and settings, in a few words. */
  readonly description: string;
  prepare(workload: Workload, data: WorkloadData): BenchTask | Promise<BenchTask>;
}
