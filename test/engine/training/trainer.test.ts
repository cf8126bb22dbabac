import { describe, expect, it } from 'vitest';
import { Trainer, type TrainingKernels } from '../../../src/engine/training/trainer.ts';
import type { WeightsResult } from '../../../src/engine/training/training-result.ts';
import {
  ROW_INPUTS,
  rowWidth,
  type TrainingRows,
} from '../../../src/engine/training/training-rows.ts';
import { Random } from '../../../src/numerics/random.ts';
import { createReadableKernel } from '../../../src/numerics/readable-kernel.ts';
import type { TrainingBatch } from '../../../src/numerics/recurrent-kernel.ts';
import { createReadableGradient } from '../../../src/numerics/truncated-bptt.ts';
import { SimulatedGroup } from './simulated-group.ts';

const KERNELS: TrainingKernels = {
  gradient: createReadableGradient,
  recurrent: createReadableKernel,
};

function trainerOf(group: SimulatedGroup, kernels = KERNELS, window = 32): Trainer {
  return new Trainer(
    {
      group: group.group,
      shape: group.shape,
      seed: 1,
      window,
      weights: group.weights,
      version: group.version,
      slots: 8,
      replayWindows: 64,
    },
    kernels,
  );
}

/** Runs the warm-up to its end, feeding rows as it asks for them. Returns how many were published. */
function warmUp(trainer: Trainer, group: SimulatedGroup): number {
  let published = 0;
  for (let turn = 0; trainer.warmingUp; turn++) {
    if (turn > 5000) throw new Error('the warm-up does not end');
    if (!trainer.ready()) trainer.accept(group.rows(8));
    trainer.update();
    const result = trainer.publish();
    if (result === null) continue;
    published++;
    group.swap(result.version, (result as WeightsResult).weights);
  }
  return published;
}

/** Mean of loss and of the loss of answering 0, over the batches of `updates` updates. */
function meanLosses(trainer: Trainer, group: SimulatedGroup, updates: number) {
  let loss = 0;
  let naive = 0;
  for (let k = 0; k < updates; k++) {
    trainer.accept(group.rows(8));
    const result = trainer.update();
    expect(result.status).toBe('updated');
    loss += result.loss! / updates;
    naive += result.naiveLoss! / updates;
  }
  return { loss, naive };
}

/** A copy of rows, changed. */
function changed(rows: TrainingRows, change: (row: Float64Array, index: number) => void) {
  const copy = { ...rows, rows: rows.rows.slice() };
  const width = rowWidth(rows.shape);
  for (let k = 0; k < rows.count; k++) change(copy.rows.subarray(k * width, (k + 1) * width), k);
  return copy;
}

describe('Trainer', () => {
  it('brings the loss far below that of answering 0, and publishes on the way', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const trainer = trainerOf(group);
    expect(warmUp(trainer, group)).toBeGreaterThan(2);
    const { loss, naive } = meanLosses(trainer, group, 30);
    expect(loss).toBeLessThan(0.35 * naive);
  });

  it('does a single random walk no harm, and stops its warm-up early', () => {
    const random = new Random(6);
    let walk = 0;
    const group = new SimulatedGroup({
      members: 1,
      seed: 3,
      value: () => {
        walk += 0.1 * random.gaussian();
        return walk;
      },
    });
    const trainer = trainerOf(group);
    for (let k = 0; k < 40; k++) trainer.accept(group.rows(64));
    warmUp(trainer, group);
    expect(trainer.counters.updates).toBeLessThan(500);
    const { loss, naive } = meanLosses(trainer, group, 40);
    expect(loss).toBeLessThan(1.1 * naive);
  });

  it('does not begin before there is anything to learn from', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const trainer = trainerOf(group);
    expect(trainer.ready()).toBe(false);
    expect(trainer.update().status).toBe('idle');
    trainer.accept(group.rows(8));
    expect(trainer.ready()).toBe(false);
    expect(trainer.publish()).toBeNull();
    expect(trainer.checkpoint()).toBeNull();
  });

  it('gives the same bits for the same rows and calls', () => {
    const weights = [0, 1].map(() => {
      const group = new SimulatedGroup({ members: 4, seed: 5 });
      const trainer = trainerOf(group);
      for (let k = 0; k < 60; k++) {
        trainer.accept(group.rows(4));
        trainer.update();
      }
      return trainer.arrays()[0];
    });
    expect(weights[0]).toEqual(weights[1]);
  });

  it('learns nothing from missing values and never turns a weight into NaN', () => {
    const group = new SimulatedGroup({
      members: 4,
      seed: 7,
      value: (v, member, step) => (member === 0 || step % 5 === 0 ? Number.NaN : v),
    });
    const trainer = trainerOf(group);
    warmUp(trainer, group);
    const { loss, naive } = meanLosses(trainer, group, 20);
    expect(loss).toBeLessThan(0.5 * naive);
    expect(trainer.counters.refusedUpdates).toBe(0);
    expect(trainer.publishedWeights().every(Number.isFinite)).toBe(true);
  });

  it('refuses rows whose inputs are no usable numbers, and goes on', () => {
    const group = new SimulatedGroup({ members: 4, seed: 7 });
    const trainer = trainerOf(group);
    for (let k = 0; k < 30; k++) {
      const broken = [Number.NaN, Number.POSITIVE_INFINITY, 1e30, -1e9][k % 4]!;
      trainer.accept(
        changed(group.rows(8), (row, index) => {
          if (index === 9) row[ROW_INPUTS] = broken;
        }),
      );
      if (trainer.ready()) expect(trainer.update().status).toBe('updated');
    }
    expect(trainer.counters.refusedRows).toBe(30);
    expect(trainer.counters.updates).toBeGreaterThan(5);
  });

  it('survives exploding values', () => {
    const group = new SimulatedGroup({
      members: 4,
      seed: 9,
      value: (v, member, step) => (step > 400 && member < 2 ? v * 1e300 : v),
    });
    const trainer = trainerOf(group);
    warmUp(trainer, group);
    for (let k = 0; k < 60; k++) {
      trainer.accept(group.rows(8));
      expect(trainer.update().status).toBe('updated');
    }
    expect(trainer.counters.divergences).toBe(0);
    expect((trainer.arrays()[0] as Float32Array).every(Number.isFinite)).toBe(true);
  });

  it('does not let a stream through a gap in its step numbers', () => {
    const group = new SimulatedGroup({ members: 4, seed: 2 });
    const trainer = trainerOf(group);
    for (let k = 0; k < 40; k++) {
      trainer.accept(group.rows(8));
      group.rows(1);
    }
    expect(trainer.ready()).toBe(false);
  });

  it('rejects rows of another group or shape', () => {
    const group = new SimulatedGroup({ members: 2, seed: 2 });
    const trainer = trainerOf(group);
    const rows = group.rows(1);
    expect(() => trainer.accept({ ...rows, group: 'other' })).toThrow(RangeError);
    const shape = { ...rows.shape, hidden: 9 };
    expect(() => trainer.accept({ ...rows, shape })).toThrow(RangeError);
  });

  it('keeps its weights when loss or gradient is not finite, and diverges after ten in a row', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const broken = switchableKernels((batch, gradient) => {
      gradient[0] = Number.NaN;
      return batch.windows;
    });
    const trainer = trainerOf(group, broken.kernels);
    for (let k = 0; k < 20; k++) trainer.accept(group.rows(8));
    for (let k = 0; k < 30; k++) trainer.update();
    const before = (trainer.arrays()[0] as Float32Array).slice();
    broken.on = true;
    for (let k = 0; k < 9; k++) expect(trainer.update().status).toBe('refused');
    expect(trainer.arrays()[0]).toEqual(before);
    const last = trainer.update();
    expect(last.status).toBe('diverged');
    expect(last.result).toMatchObject({ kind: 'diverged', version: trainer.version });
    expect((last.result as WeightsResult).weights).toEqual(group.weights);
    expect(trainer.counters.refusedUpdates).toBe(10);
    broken.on = false;
    expect(trainer.update().status).toBe('updated');
  });

  it('returns to the last good weights when the loss explodes', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const exploding = switchableKernels((_, gradient) => {
      gradient.fill(0);
      return 1e6;
    });
    const trainer = trainerOf(group, exploding.kernels);
    for (let k = 0; k < 20; k++) trainer.accept(group.rows(8));
    for (let k = 0; k < 30; k++) trainer.update();
    exploding.on = true;
    const statuses = Array.from({ length: 10 }, () => trainer.update().status);
    expect(statuses.at(-1)).toBe('diverged');
    expect(trainer.counters.divergences).toBe(1);
    expect(trainer.publishedWeights()).toEqual(group.weights);
  });

  it('promotes weights that forecast better, and rolls poisoned ones back', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const poison = switchableKernels((_, gradient) => {
      // The same step over and over drives every weight away, slowly and with a finite loss.
      gradient.fill(1);
      return 1;
    });
    const trainer = trainerOf(group, poison.kernels);
    warmUp(trainer, group);
    for (let k = 0; k < 10; k++) trainer.accept(group.rows(8));
    expect(trainer.checkpoint()).toMatchObject({ kind: 'checkpoint', version: group.version });
    const good = group.weights.slice();
    const goodVersion = group.version;

    poison.on = true;
    for (let k = 0; k < 200; k++) {
      trainer.accept(group.rows(1));
      trainer.update();
    }
    const poisoned = trainer.publish() as WeightsResult;
    group.swap(poisoned.version, poisoned.weights);
    expect(trainer.checkpoint()).toBeNull();
    for (let k = 0; k < 10; k++) trainer.accept(group.rows(8));
    const result = trainer.checkpoint() as WeightsResult;
    expect(result.kind).toBe('rollback');
    expect(result.version).toBe(goodVersion + 2);
    expect(result.weights).toEqual(good);
    expect(trainer.arrays()[0]).toEqual(good);
  });

  it('adopts newer live weights and goes on counting from their version', () => {
    const group = new SimulatedGroup({ members: 6, seed: 3 });
    const trainer = trainerOf(group);
    const other = group.weights.map((weight) => weight / 2);
    trainer.adopt(41, other);
    trainer.adopt(40, group.weights);
    expect(trainer.version).toBe(41);
    expect(trainer.publishedWeights()).toEqual(other);
    for (let k = 0; k < 20; k++) trainer.accept(group.rows(8));
    for (let k = 0; k < 25; k++) trainer.update();
    expect(trainer.publish()).toMatchObject({ kind: 'published', version: 42 });
  });
});

/** Kernels whose gradient is replaced while `on`. */
function switchableKernels(replace: (batch: TrainingBatch, gradient: Float32Array) => number) {
  const state = { on: false, kernels: KERNELS };
  state.kernels = {
    recurrent: createReadableKernel,
    gradient: (shape) => {
      const real = createReadableGradient(shape);
      return {
        shape,
        gradient: (weights, batch, gradient) =>
          state.on ? replace(batch, gradient) : real.gradient(weights, batch, gradient),
      };
    },
  };
  return state;
}
