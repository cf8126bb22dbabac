import type { Configuration } from '../config/configuration.ts';
import type { EngineOptions } from '../engine/engine-options.ts';
import type { Kernels } from '../numerics/kernel-choice.ts';
import { processKernels } from './process-kernels.ts';

/** Streams of a model group whose steps are learnt from at a time. */
const TRACKED_STREAMS = 32;

/** What a configuration says to the engine; `kernels` are those of the process if left out. */
export function engineOptionsOf(
  configuration: Configuration,
  seed: number,
  kernels: Kernels = processKernels(),
): EngineOptions {
  const { limits, models } = configuration;
  return {
    seed,
    rules: configuration.streams.map((rule) => ({
      match: rule.match,
      cadence: rule.cadence,
      aggregate: rule.aggregate,
      transform: rule.transform,
      horizon: rule.horizon,
      levels: rule.levels,
      model: rule.model,
      maxGapSteps: rule.maxGap,
      latenessMs: rule.lateness,
      expireMs: rule.expire,
      limits: rule.limits,
    })),
    models,
    limits: { streams: limits.streams, modelBytes: limits.modelBytes },
    trackedStreams: TRACKED_STREAMS,
    createKernel: kernels.recurrent,
  };
}
