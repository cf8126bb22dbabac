import { describe, expect, it } from 'vitest';
import { compileGlob, compileGlobs } from '../../src/stream/glob.ts';

describe('globs over stream ids', () => {
  it.each([
    ['**', 'plant/a/b', true],
    ['**', 'a//b', true],
    ['plant/**', 'plant/a/b', true],
    ['plant/**', 'plants/a', false],
    ['plant/*', 'plant/a', true],
    ['plant/*', 'plant/a/b', false],
    ['*/temp', 'kitchen/temp', true],
    ['**/temp', 'a/b/temp', true],
    ['plant/.hidden', 'plant/.hidden', true],
    ['plant/*', 'plant/.hidden', true],
    ['!plant', 'other', false],
  ])('%s against %s: %s', (pattern, id, matches) => {
    expect(compileGlob(pattern)(id)).toBe(matches);
  });

  it('match when any of several does', () => {
    const matches = compileGlobs(['a/*', 'b/*']);
    expect(['a/1', 'b/1', 'c/1'].map(matches)).toEqual([true, true, false]);
  });
});
