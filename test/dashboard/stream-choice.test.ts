import { describe, expect, it } from 'vitest';
import { mostInNeed } from '../../src/dashboard/attention.ts';
import { formatDeepLink, globOfId, parseDeepLink } from '../../src/dashboard/deep-link.ts';
import { globProblem } from '../../src/pipeline/glob-problem.ts';
import { compileGlob } from '../../src/stream/glob.ts';

describe('mostInNeed', () => {
  it('prefers odd readings, then stale and fallen back streams, then the first', () => {
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

describe('globOfId', () => {
  it.each(['plant/1/t', 'a(b|c)', '!x', 'cost$', 'a\\b', '"q"'])('matches %s itself', (id) => {
    const glob = globOfId(id);
    expect(globProblem(glob)).toBe(null);
    expect(compileGlob(glob)(id)).toBe(true);
    expect(compileGlob(glob)('other/stream')).toBe(false);
  });
});
