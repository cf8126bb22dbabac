import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Trainer, type TrainingKernels } from '../../../src/engine/training/trainer.ts';
import { decodeTrainers, encodeTrainers } from '../../../src/engine/training/trainer-state.ts';
import type { TrainingRows } from '../../../src/engine/training/training-rows.ts';
import { crc32c } from '../../../src/numerics/crc32c.ts';
import { createReadableKernel } from '../../../src/numerics/readable-kernel.ts';
import type { NetworkShape } from '../../../src/numerics/recurrent-kernel.ts';
import { createReadableGradient } from '../../../src/numerics/truncated-bptt.ts';
import { InklingError } from '../../../src/protocol/errors.ts';
import { SimulatedGroup } from './simulated-group.ts';

const KERNELS: TrainingKernels = {
  gradient: createReadableGradient,
  recurrent: createReadableKernel,
};
const TINY: NetworkShape = { cell: 'gru', inputs: 3, hidden: 3, layers: 2, outputs: 2 };

function trainerOf(group: SimulatedGroup, name = 'shared'): Trainer {
  const { shape, weights } = group;
  const sizes = { window: 16, slots: 4, replayWindows: 8 };
  return new Trainer({ group: name, shape, seed: 1, weights, version: 0, ...sizes }, KERNELS);
}

/** Feeds and trains, and lets what is published go live, so that every part has state. */
function train(trainer: Trainer, rows: readonly TrainingRows[]): unknown[] {
  const results: unknown[] = [];
  for (const next of rows) {
    trainer.accept({ ...next, version: trainer.version });
    results.push(trainer.update(), trainer.publish(), trainer.checkpoint());
  }
  return results;
}

function rowsOf(group: SimulatedGroup, count: number): TrainingRows[] {
  return Array.from({ length: count }, () => group.rows(5));
}

describe('encodeTrainers and decodeTrainers', () => {
  it('continue bit for bit, wherever the training was cut', () => {
    const before = new SimulatedGroup({ members: 3, seed: 8, shape: TINY });
    const rows = rowsOf(before, 70);
    for (const cut of [0, 1, 9, 33, 60]) {
      const straight = trainerOf(new SimulatedGroup({ members: 3, seed: 8, shape: TINY }));
      train(straight, rows.slice(0, cut));
      const [restored] = decodeTrainers(encodeTrainers([straight]), KERNELS);
      const rest = rows.slice(cut);
      expect(train(restored!, rest)).toEqual(train(straight, rest));
      expect(restored!.arrays()).toEqual(straight.arrays());
      expect(restored!.scalars()).toEqual(straight.scalars());
      expect(encodeTrainers([restored!])).toEqual(encodeTrainers([straight]));
    }
  });

  it('keep several groups apart, by their names in any script', () => {
    const group = new SimulatedGroup({ members: 3, seed: 8, shape: TINY });
    const names = ['shared', 'Größe-h96', '模型'];
    const bytes = encodeTrainers(names.map((name) => trainerOf(group, name)));
    expect(decodeTrainers(bytes, KERNELS).map((trainer) => trainer.group)).toEqual(names);
    expect(decodeTrainers(encodeTrainers([]), KERNELS)).toEqual([]);
  });

  it('take only the replay windows along that there are', () => {
    const { shape, weights } = new SimulatedGroup({ members: 3, seed: 8, shape: TINY });
    const lengths = [8, 5000].map((replayWindows) => {
      const options = {
        group: 'shared',
        shape,
        seed: 1,
        weights,
        version: 0,
        window: 16,
        slots: 4,
      };
      const trainer = new Trainer({ ...options, replayWindows }, KERNELS);
      const fed = new SimulatedGroup({ members: 3, seed: 8, shape: TINY });
      for (const rows of rowsOf(fed, 6)) trainer.accept(rows);
      expect(trainer.replays).toBe(6);
      return encodeTrainers([trainer]).length;
    });
    expect(lengths[0]).toBe(lengths[1]);
  });

  const group = new SimulatedGroup({ members: 3, seed: 8, shape: TINY });
  const trainer = trainerOf(group);
  train(trainer, rowsOf(group, 20));
  const bytes = encodeTrainers([trainer]);

  it('refuse bytes that are cut short', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.length - 1 }), (length) => {
        expectRefused(bytes.slice(0, length));
      }),
    );
  });

  it('refuse bytes with any bit flipped', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const flipped = bytes.slice();
        flipped[at]! ^= 1 << bit;
        expectRefused(flipped);
      }),
    );
  });

  it('refuse any other bytes without allocating what they ask for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (other) => {
        expectRefused(other);
      }),
    );
  });

  it('name another version of the format as such', () => {
    const record = bytes.slice();
    const view = new DataView(record.buffer);
    view.setUint32(4, 9, true);
    view.setUint32(12, crc32c(record.subarray(16), crc32c(record.subarray(0, 12))), true);
    expect(refusalCode(record)).toBe('ERR_SNAPSHOT_VERSION');
  });
});

function expectRefused(bytes: Uint8Array): void {
  expect(['ERR_SNAPSHOT_CORRUPT', 'ERR_SNAPSHOT_VERSION']).toContain(refusalCode(bytes));
}

function refusalCode(bytes: Uint8Array): string | null {
  try {
    decodeTrainers(bytes, KERNELS);
    return null;
  } catch (error) {
    return error instanceof InklingError ? error.code : String(error);
  }
}
