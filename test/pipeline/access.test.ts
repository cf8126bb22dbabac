import { describe, expect, it } from 'vitest';
import { createAccess } from '../../src/pipeline/access.ts';

describe('createAccess', () => {
  it('lets everybody do everything without tokens', () => {
    const access = createAccess([]);
    expect(access.required).toBe(false);
    expect(access.open).toMatchObject({ seesAll: true, write: true });
    expect(access.open!.sees('anything/at/all')).toBe(true);
  });

  it('gives each token its own sight and right', () => {
    const access = createAccess([
      { token: 'one', streams: ['plant/**', 'x'], write: false },
      { token: 'two', streams: ['**'], write: true },
      { token: 'three', streams: ['x', 'plant/**'], write: true },
    ]);
    expect(access.open).toBeNull();
    const one = access.authorise('one')!;
    expect([one.sees('plant/a'), one.sees('other'), one.write]).toEqual([true, false, false]);
    expect(access.authorise('two')).toMatchObject({ seesAll: true, write: true });
    expect(access.authorise('three')!.key).toBe(one.key);
  });

  it('knows no other token, however close', () => {
    const access = createAccess([{ token: 'secret', streams: ['**'], write: true }]);
    for (const wrong of ['', 'secre', 'secret ', 'Secret', 'secretsecret', 'secre\0']) {
      expect(access.authorise(wrong)).toBeNull();
    }
  });
});
