import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../../../src/adapters/training-worker/messages.ts';
import { SlicedTraining } from '../../../src/adapters/training-worker/sliced-training.ts';
import { createReadableKernel } from '../../../src/numerics/readable-kernel.ts';
import type { NetworkShape } from '../../../src/numerics/recurrent-kernel.ts';
import { createReadableGradient } from '../../../src/numerics/truncated-bptt.ts';
import { SimulatedGroup } from '../../engine/training/simulated-group.ts';

const TINY: NetworkShape = { cell: 'rnn', inputs: 3, hidden: 1, layers: 1, outputs: 1 };

/** Training without a thread: messages are kept, and the next slice runs when the test asks. */
function trainingByHand() {
  const posted: FromWorker[] = [];
  let next: (() => void) | null = null;
  let time = 0;
  const training = new SlicedTraining({
    settings: {
      seed: 1,
      training: { everyRows: 8, window: 16, publishSeconds: 1, checkpointSeconds: 60 },
    },
    kernels: { gradient: createReadableGradient, recurrent: createReadableKernel },
    clock: { nowMs: () => time },
    post: (message) => void posted.push(message),
    later: (slice) => {
      next = slice;
    },
  });
  const slice = (elapsedMs: number) => {
    time += elapsedMs;
    next?.();
  };
  return { training, posted, slice };
}

describe('SlicedTraining', () => {
  it('tells once of each group that finds no room, counts its rows, and trains the others', () => {
    const { training, posted, slice } = trainingByHand();
    const group = new SimulatedGroup({ members: 2, seed: 1, shape: TINY });
    const rows = group.rows(3);
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 66; index++) {
        training.receive({ kind: 'rows', rows: { ...rows, group: `g${index}` }, bytes: 1 });
      }
    }
    const untrained = posted.filter(({ kind }) => kind === 'untrained');
    expect(untrained).toEqual(
      ['g64', 'g65'].map((name) => ({ kind: 'untrained', group: name, groupsMax: 64 })),
    );
    slice(2000);
    const progress = posted.findLast((message) => message.kind === 'progress')?.progress;
    expect(progress).toMatchObject({ untrainedGroups: 2, refusedRows: 2 * 2 * rows.count });
    // The second round repeats steps, which begins new runs; all of it is taken in.
    expect(progress?.acceptedSteps).toBe(2 * 64 * rows.count);
  });
});
