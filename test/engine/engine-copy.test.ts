import { describe, expect, it } from 'vitest';
import { EngineCopier } from '../../src/engine/engine-snapshot.ts';
import { MINUTE, reading, readings, START, smallEngine, stateBytes } from './engine-under-test.ts';

const noPause = async () => {};

describe('a copy of an engine', () => {
  it('is the snapshot of its moment, whatever the engine does afterwards', async () => {
    const engine = smallEngine();
    const copier = new EngineCopier();
    const extras = new Map([['training', Uint8Array.of(1, 2, 3)]]);
    let minute = 0;
    const fold = (streams: number) => {
      minute += 1;
      const t = START + minute * MINUTE;
      engine.apply(
        readings(...Array.from({ length: streams }, (_, s) => reading(`s/${s}`, t, minute + s))),
      );
    };
    // More streams and fewer: the memory of the copy before is too small, or larger than needed.
    for (const streams of [3, 3, 40, 5]) {
      fold(streams);
      fold(streams);
      const expected = stateBytes(engine);
      const copy = copier.copy(engine, new Map());
      expect(copy.position).toBe(engine.position);
      fold(streams);
      engine.apply({ kind: 'remove', stream: 's/2', reason: 'deleted' });
      expect(Buffer.concat(await copy.encode(noPause)).equals(expected)).toBe(true);
    }
    const withExtras = await copier.copy(engine, extras).encode(noPause);
    expect(Buffer.concat(withExtras).includes(Buffer.of(1, 2, 3))).toBe(true);
  });
});
