import { Engine } from '../../src/engine/engine.ts';
import type { EngineOptions } from '../../src/engine/engine-options.ts';
import { snapshotEngine } from '../../src/engine/engine-snapshot.ts';
import type { ReadingsEvent } from '../../src/engine/event.ts';
import type { OutcomeDemand } from '../../src/engine/outcome.ts';
import { initialWeights } from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import { createReadableKernel } from '../../src/numerics/readable-kernel.ts';
import type { Reading } from '../../src/stream/reading.ts';
import type { StreamRule } from '../../src/stream/stream-rule.ts';

export const MINUTE = 60_000;
/** A Monday, midnight. */
export const START = Date.UTC(2026, 0, 5);

const defaultRule: StreamRule = {
  match: '**',
  cadence: 'auto',
  aggregate: 'mean',
  transform: 'none',
  horizon: { steps: 8 },
  levels: [0.5, 0.8, 0.95],
  model: 'shared',
  maxGapSteps: 24,
  latenessMs: MINUTE,
  expireMs: null,
  limits: { range: null, maxRate: null },
};

/** Takes everything. */
export const all: OutcomeDemand = { forecast: () => true, intervals: true };

/** A small engine: hidden 8, eight steps ahead. */
export function smallEngine(
  rule: Partial<StreamRule> = {},
  options: Partial<EngineOptions> = {},
): Engine {
  return new Engine({
    seed: 1,
    rules: [{ ...defaultRule, ...rule }],
    models: { shared: { cell: 'lstm', hidden: 8, layers: 1, size: 'full' } },
    limits: { streams: 1_000, modelBytes: 1e9 },
    trackedStreams: 8,
    createKernel: createReadableKernel,
    ...options,
  });
}

export function reading(stream: string, time: number | null, value: number | null): Reading {
  return { stream, time, value, unit: null, retained: false, labels: null };
}

/** One event; it arrives when its last reading was taken. */
export function readings(...list: Reading[]): ReadingsEvent {
  return {
    kind: 'readings',
    arrivedAt: Math.max(...list.map((r) => r.time ?? START)),
    readings: list,
  };
}

/** Weights that make every output clearly different from 0, for the group `shared`. */
export function someWeights(engine: Engine, seed = 7): Float32Array {
  const group = engine.membership.groups[0]!;
  const random = new Random(seed);
  return initialWeights(group.shape, random).map((w) => w + 0.1 * random.gaussian());
}

/** All bytes of an engine's state. */
export function stateBytes(engine: Engine): Uint8Array {
  const chunks = snapshotEngine(engine);
  return new Uint8Array(Buffer.concat(chunks));
}

/** A wave with noise, the same for the same seed. */
export function wave(seed: number): (step: number) => number {
  const random = new Random(seed);
  return (step) => 20 + 3 * Math.sin(step / 9 + seed) + 0.2 * random.gaussian();
}
