import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { batchByTurn } from '../../src/pipeline/batch-by-turn.ts';

/** A turn of the event loop that ends when the test says so. */
function turns() {
  let waiting: (() => void)[] = [];
  return {
    afterTurn: (callback: () => void) => void waiting.push(callback),
    end: () => {
      const due = waiting;
      waiting = [];
      for (const callback of due) callback();
    },
  };
}

function collect(weightMax: number) {
  const { afterTurn, end } = turns();
  const source = new Subject<number>();
  const batches: number[][] = [];
  let state = 'open';
  source.pipe(batchByTurn(weightMax, (n) => n, afterTurn)).subscribe({
    next: (batch) => batches.push(batch),
    error: () => {
      state = 'failed';
    },
    complete: () => {
      state = 'complete';
    },
  });
  return { source, batches, end, state: () => state };
}

describe('batchByTurn', () => {
  it('sends what came in one turn when the turn ends', () => {
    const { source, batches, end } = collect(100);
    source.next(1);
    source.next(2);
    expect(batches).toEqual([]);
    end();
    source.next(3);
    end();
    end();
    expect(batches).toEqual([[1, 2], [3]]);
  });

  it('sends what weighs too much for one batch in the turns after', () => {
    const { source, batches, end } = collect(5);
    for (const n of [2, 2, 2, 1, 9, 1]) source.next(n);
    for (let turn = 0; turn < 5; turn++) end();
    expect(batches).toEqual([[2, 2], [2, 1], [9], [1]]);
  });

  it('loses nothing when the source ends or fails', () => {
    const ended = collect(100);
    ended.source.next(1);
    ended.source.complete();
    expect([ended.batches, ended.state()]).toEqual([[[1]], 'complete']);
    const failed = collect(100);
    failed.source.next(1);
    failed.source.error(new Error('broken'));
    expect([failed.batches, failed.state()]).toEqual([[[1]], 'failed']);
  });
});
