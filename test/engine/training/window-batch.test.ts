import { describe, expect, it } from 'vitest';
import { ReplayReservoir } from '../../../src/engine/training/replay-reservoir.ts';
import { StepHistory } from '../../../src/engine/training/step-history.ts';
import { rowWidth, type TrainingRows } from '../../../src/engine/training/training-rows.ts';
import { EVERY_TARGET, WindowBatch } from '../../../src/engine/training/window-batch.ts';
import { Random } from '../../../src/numerics/random.ts';
import type { NetworkShape } from '../../../src/numerics/recurrent-kernel.ts';

const SHAPE: NetworkShape = { cell: 'lstm', inputs: 1, hidden: 2, layers: 1, outputs: 3 };
const T = 16;

interface Row {
  readonly member?: number;
  readonly step: number;
  readonly value?: number;
  readonly scale?: number;
}

/** One row with its state: value step², base step, input step/100, scale h unless said otherwise. */
function rowsOf({ member = 5, step, value = step * step, scale }: Row): TrainingRows {
  const scales = [1, 2, 3].map((h) => scale ?? h);
  return {
    group: 'shared',
    shape: SHAPE,
    version: 0,
    count: 1,
    rows: Float64Array.of(member, step, value, step, step / 100, ...scales, 0, 0, 0),
    stateCount: 1,
    stateAt: Float64Array.of(member, step),
    states: Float32Array.of(step, step + 0.25, step + 0.5, step + 0.75),
  };
}

function historyOf(rows: readonly Row[], slots = 2): StepHistory {
  const history = new StepHistory(SHAPE, slots, T);
  for (const row of rows) take(history, row);
  return history;
}

function take(history: StepHistory, row: Row): number {
  const rows = rowsOf(row);
  expect(rows.rows.length).toBe(rowWidth(SHAPE));
  const slot = history.accept(rows, 0);
  if (slot >= 0 && row.step % 8 === 0) history.acceptState(slot, row.step, rows, 0);
  return slot;
}

function steps(from: number, to: number): Row[] {
  return Array.from({ length: to - from + 1 }, (_, k) => ({ step: from + k }));
}

function newest(history: StepHistory, range = EVERY_TARGET) {
  const batch = new WindowBatch(SHAPE, 2, T);
  batch.begin(1);
  const added = batch.addNewest(history, 0, range);
  return { added, view: batch.view() };
}

describe('WindowBatch', () => {
  it('starts the newest window at a stored state and stops its targets at the newest step', () => {
    const { added, view } = newest(historyOf(steps(0, 20)));
    expect(added).toBe(true);
    // 21 steps: the window of 16 would start at 5, the first state after it stands before 8.
    expect([...view.h0, ...view.c0]).toEqual([8, 8.25, 8.5, 8.75]);
    for (let t = 0; t < T; t++) {
      const step = 8 + t;
      expect(view.x[t]).toBeCloseTo(step <= 20 ? step / 100 : 0, 6);
      for (let h = 1; h <= 3; h++) {
        const known = step + h <= 20;
        const target = Math.min(8, ((step + h) ** 2 - step) / h);
        expect(view.target[t * 3 + h - 1]).toBeCloseTo(known ? target : 0, 4);
        expect(view.weight[t * 3 + h - 1]).toBeCloseTo(known ? h ** -0.5 : 0, 6);
      }
    }
  });

  it('gives missing values and unusable scales no weight', () => {
    const rows: Row[] = steps(0, 10);
    rows[6] = { step: 6, value: Number.NaN };
    rows[2] = { step: 2, scale: 0 };
    rows[3] = { step: 3, scale: Number.NaN };
    rows[4] = { step: 4, scale: Number.POSITIVE_INFINITY };
    const { view } = newest(historyOf(rows));
    const weighted = (step: number) => [0, 1, 2].map((k) => view.weight[step * 3 + k]! > 0);
    for (const step of [2, 3, 4]) expect(weighted(step)).toEqual([false, false, false]);
    expect(weighted(5)).toEqual([false, true, true]);
    expect(weighted(1)).toEqual([true, true, true]);
    expect(view.target.every(Number.isFinite)).toBe(true);
  });

  it('keeps targets within the asked range of steps', () => {
    const history = historyOf(steps(0, 10));
    const early = newest(history, { after: -1, upTo: 7 }).view.weight;
    const late = newest(history, { after: 7, upTo: Number.POSITIVE_INFINITY }).view.weight;
    const all = newest(history).view.weight;
    expect(early.map((weight, k) => weight + late[k]!)).toEqual(all);
    expect(early.some((weight, k) => weight > 0 && late[k]! > 0)).toBe(false);
    expect(newest(history, { after: 10, upTo: 99 }).added).toBe(false);
  });

  it('begins anew where the step number jumps or falls', () => {
    for (const next of [12, 3, 0]) {
      const rows = [...steps(0, 10), ...steps(next, next + 9)];
      const { added, view } = newest(historyOf(rows));
      const start = Math.ceil(next / 8) * 8;
      expect(added).toBe(true);
      expect(view.h0[0]).toBe(start);
      const weighted = view.weight.filter((weight) => weight > 0).length;
      const length = next + 10 - start;
      expect(weighted).toBe(length - 1 + (length - 2) + (length - 3));
    }
  });

  it('replays a window exactly as it was when its last target came', () => {
    const history = new StepHistory(SHAPE, 2, T);
    const reservoir = new ReplayReservoir(SHAPE, 4, T);
    for (const row of steps(0, 8 + T - 1 + 3)) {
      reservoir.offer(history, take(history, row), new Random(1));
    }
    // The first window waits for its own 16 steps and three more.
    expect(reservoir.count).toBe(2);
    const batch = new WindowBatch(SHAPE, 2, T);
    batch.begin(2);
    batch.addReplay(reservoir, 0, EVERY_TARGET);
    batch.addReplay(reservoir, 1, EVERY_TARGET);
    const view = batch.view();
    expect([view.h0[0], view.h0[2]]).toEqual([0, 8]);
    expect(view.weight.every((weight) => weight > 0)).toBe(true);
    for (let t = 0; t < T; t++) {
      const step = 8 + t;
      expect(view.x[2 * t + 1]).toBeCloseTo(step / 100, 6);
      expect(view.target[(2 * t + 1) * 3]).toBeCloseTo(Math.min(8, (step + 1) ** 2 - step), 4);
    }
  });
});

describe('StepHistory', () => {
  it('refuses a member while all slots are busy, and gives it one that fell silent', () => {
    const history = historyOf([
      { member: 1, step: 0 },
      { member: 2, step: 0 },
    ]);
    expect(take(history, { member: 3, step: 0 })).toBe(-1);
    expect(history.refusedRows).toBe(1);
    for (let step = 1; step <= 40; step++) take(history, { member: 2, step });
    expect(history.activeMembers()).toBe(1);
    expect(take(history, { member: 3, step: 1 })).toBe(0);
    expect(history.member[0]).toBe(3);
    expect(history.runSteps[0]).toBe(1);
  });
});

describe('ReplayReservoir', () => {
  it('never keeps more windows than its capacity, and lets new ones in for ever', () => {
    const history = new StepHistory(SHAPE, 2, T);
    const reservoir = new ReplayReservoir(SHAPE, 4, T);
    const random = new Random(1);
    for (const row of steps(0, 8000)) reservoir.offer(history, take(history, row), random);
    expect(reservoir.count).toBe(4);
    expect(Math.min(...reservoir.places.firstStep)).toBeGreaterThan(4000);
  });
});
