import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreEngine } from '../../src/engine/engine-snapshot.ts';
import { decodeSnapshot, encodeSnapshot } from '../../src/engine/snapshot-format.ts';
import { InklingError } from '../../src/protocol/errors.ts';
import {
  all,
  MINUTE,
  reading,
  readings,
  START,
  smallEngine,
  stateBytes,
} from './engine-under-test.ts';

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof InklingError) return error.code;
    throw error;
  }
  return 'none';
}

function engineWithState() {
  const engine = smallEngine();
  for (let i = 0; i < 5; i++) {
    engine.apply(
      readings(...['a', 'b', 'ü/°'].map((id) => reading(id, START + i * MINUTE, i * 1.5))),
    );
  }
  return engine;
}

describe('a snapshot', () => {
  it('gives back its sections and its header', () => {
    const sections = [
      { name: 'a', data: Float32Array.of(1, 2, 3) },
      { name: 'b', data: new Uint8Array([7]) },
      { name: 'none', data: new Float64Array(0) },
    ];
    const bytes = new Uint8Array(Buffer.concat(encodeSnapshot({ name: 'é' }, sections)));
    const { meta, sections: decoded } = decodeSnapshot(bytes);
    expect(meta).toEqual({ name: 'é' });
    for (const { name, data } of sections) expect(decoded.get(name)).toEqual(data);
  });

  it('is refused with a code when it is cut anywhere or any byte is flipped', () => {
    const whole = stateBytes(engineWithState());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(codeOf(() => decodeSnapshot(whole.slice(0, length)))).toBe('ERR_SNAPSHOT_CORRUPT');
      }),
      { numRuns: 30 },
    );
    const { sections } = decodeSnapshot(whole);
    const covered = new Uint8Array(whole.length);
    for (const section of sections.values()) {
      covered.fill(1, section.byteOffset, section.byteOffset + section.byteLength);
    }
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, bits) => {
          // Padding between sections carries nothing.
          fc.pre(covered[at] === 1 || at < 20);
          const flipped = whole.slice();
          flipped[at]! ^= bits;
          expect(codeOf(() => decodeSnapshot(flipped))).toMatch(/^ERR_SNAPSHOT_(CORRUPT|VERSION)$/);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leaves behind a group whose shape the configuration no longer asks for, and keeps the streams', () => {
    const bytes = stateBytes(engineWithState());
    const other = smallEngine(
      {},
      { models: { shared: { cell: 'gru', hidden: 8, layers: 1, size: 'full' } } },
    );
    const restored = restoreEngine(other, decodeSnapshot(bytes));
    expect(restored).toMatchObject({ streams: 3, leftBehind: ['shared'] });
    const event = readings(reading('a', START + 5 * MINUTE, 9));
    const { steps } = other.apply(event, all);
    expect(steps[0]?.forecast?.model).toBe('shared@0');
  });

  it('carries what other parts want kept', () => {
    const engine = engineWithState();
    const extra = new Uint8Array([1, 2, 3]);
    const { sections } = decodeSnapshot(stateBytes(engine));
    expect([...sections.keys()].some((name) => name.startsWith('extra/'))).toBe(false);
    const chunks = encodeSnapshot({}, [{ name: 'extra/training', data: extra }]);
    expect(
      decodeSnapshot(new Uint8Array(Buffer.concat(chunks))).sections.get('extra/training'),
    ).toEqual(extra);
  });
});
