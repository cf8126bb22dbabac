import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { mostInNeed } from '../../src/dashboard/attention.ts';
import { formatDeepLink, literalGlob, parseDeepLink } from '../../src/dashboard/deep-link.ts';

describe('mostInNeed', () => {
  it('prefers odd readings to stale streams, stale to fallen back, and the first among equals', () => {
    const calm = { id: 'calm', state: 'ok', score: 0.4 } as const;
    const warming = { id: 'warming', state: 'warming', score: null } as const;
    const fallback = { id: 'fallback', state: 'fallback', score: 1 } as const;
    const stale = { id: 'stale', state: 'stale', score: null } as const;
    const odd = { id: 'odd', state: 'ok', score: 3.2 } as const;
    const odder = { id: 'odder', state: 'ok', score: 5 } as const;
    expect(mostInNeed([calm, odd, odder, stale])).toBe('odder');
    expect(mostInNeed([fallback, stale, calm])).toBe('stale');
    expect(mostInNeed([calm, fallback])).toBe('fallback');
    expect(mostInNeed([warming, calm])).toBe('warming');
    expect(mostInNeed([])).toBe(null);
  });
});

describe('deep links', () => {
  it.each(['plant/1/temperature', 'a b/ü%20', 'x(1)/&=#'])('come back as they went: %s', (id) => {
    expect(parseDeepLink(formatDeepLink(id))).toBe(id);
  });

  it('name no stream when they are something else or broken', () => {
    expect(parseDeepLink('')).toBe(null);
    expect(parseDeepLink('#streams')).toBe(null);
    expect(parseDeepLink('#stream=%E0%A4%A')).toBe(null);
  });
});

describe('literalGlob', () => {
  it.each(['plant/1/t', 'a(b|c)', '!x', 'cost$', 'a\\b', '"q"'])('matches %s itself', (id) => {
    expect(picomatch(literalGlob(id), { dot: true, nonegate: true, windows: false })(id)).toBe(
      true,
    );
    expect(picomatch(literalGlob(id), { dot: true, nonegate: true })('other')).toBe(false);
  });
});
