import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { holdWhile } from '../../src/pipeline/hold-while.ts';

/** A gate, what came through it, and a source. */
function gateUnderTest() {
  let again: Promise<void> | null = null;
  let tell = (): void => {};
  const source$ = new Subject<number>();
  const through: (number | string)[] = [];
  const subscription = source$.pipe(holdWhile(() => again)).subscribe({
    next: (value) => {
      through.push(value);
      if (value === 13) close();
    },
    complete: () => through.push('complete'),
  });
  const close = (): void => {
    again = new Promise((resolve) => {
      tell = resolve;
    });
  };
  const open = async (): Promise<void> => {
    again = null;
    tell();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { source$, through, close, open, subscription };
}

describe('holdWhile', () => {
  it('passes values on at once while they are accepted', () => {
    const { source$, through } = gateUnderTest();
    source$.next(1);
    source$.next(2);
    expect(through).toEqual([1, 2]);
  });

  it('holds values back in their order, and lets all go when it opens', async () => {
    const { source$, through, close, open } = gateUnderTest();
    source$.next(1);
    close();
    source$.next(2);
    source$.next(3);
    expect(through).toEqual([1]);
    await open();
    expect(through).toEqual([1, 2, 3]);
    source$.next(4);
    expect(through).toEqual([1, 2, 3, 4]);
  });

  it('holds the rest when it closes while values go', async () => {
    const { source$, through, close, open } = gateUnderTest();
    close();
    for (const value of [12, 13, 14]) source$.next(value);
    await open();
    expect(through).toEqual([12, 13]);
    source$.next(15);
    await open();
    expect(through).toEqual([12, 13, 14, 15]);
  });

  it('lets nothing go once nobody listens', async () => {
    const { source$, through, close, open, subscription } = gateUnderTest();
    close();
    source$.next(1);
    subscription.unsubscribe();
    await open();
    expect(through).toEqual([]);
  });

  it('completes with its source', () => {
    const { source$, through } = gateUnderTest();
    source$.complete();
    expect(through).toEqual(['complete']);
  });
});
