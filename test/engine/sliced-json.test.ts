import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slicedJson } from '../../src/engine/sliced-json.ts';

const text = async (value: unknown, pause = async () => {}) =>
  new TextDecoder().decode(await slicedJson(value, pause));

describe('slicedJson', () => {
  it('gives what JSON.stringify gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await text(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('takes a pause between the slices of long arrays, wherever they are', async () => {
    const names = Array.from({ length: 10_001 }, (_, n) => (n % 3 === 0 ? null : `plant/${n}/ü`));
    const value = { groups: [{ free: [] }], table: { names, labels: names.map((id) => ({ id })) } };
    let pauses = 0;
    const pause = async () => {
      pauses += 1;
    };
    expect(await text(value, pause)).toBe(JSON.stringify(value));
    expect(pauses).toBeGreaterThanOrEqual(10);
  });
});
