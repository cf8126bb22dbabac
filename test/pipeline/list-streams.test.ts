import { describe, expect, it } from 'vitest';
import { globProblem } from '../../src/pipeline/glob-problem.ts';
import { listStreams } from '../../src/pipeline/list-streams.ts';
import { compileGlob } from '../../src/stream/glob.ts';
import { MemoryStreams } from '../adapters/memory-streams.ts';

function createStreams(ids: readonly string[]) {
  const streams = new MemoryStreams();
  streams.read(Object.fromEntries(ids.map((id) => [id, 1])), 1000);
  return streams;
}

const everything = () => true;

describe('listStreams', () => {
  it('reaches every stream once, whatever the page size', () => {
    const ids = Array.from({ length: 23 }, (_, index) => `s${String(index).padStart(2, '0')}`);
    const streams = createStreams(ids);
    for (const limit of [1, 5, 22, 23, 24]) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page = listStreams(streams, { matches: everything, sees: everything, limit, after });
        expect(page.streams.length).toBeLessThanOrEqual(limit);
        seen.push(...page.streams.map(({ id }) => id));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(ids);
    }
  });

  it('ends a page after many ids that do not match, at an id that may be known', () => {
    const ids = Array.from({ length: 25_000 }, (_, index) => `s${String(index).padStart(5, '0')}`);
    const streams = createStreams([...ids, 'z/wanted']);
    const sees = (id: string) => !id.endsWith('1') || id === 'z/wanted';
    const query = { matches: compileGlob('z/*'), sees, limit: 10, after: null };
    const first = listStreams(streams, query);
    expect(first.streams).toEqual([]);
    expect(sees(first.next!)).toBe(true);
    const second = listStreams(streams, { ...query, after: first.next });
    expect(second).toMatchObject({ streams: [{ id: 'z/wanted' }], next: null });
  });
});

describe('globProblem', () => {
  it('lets ordinary globs and whole ids through', () => {
    for (const glob of ['**', 'plant/*/temp', '**/temp*', 'a/**/b/**', '{a,b}/*', 'Temp%20(C)']) {
      expect([glob, globProblem(glob)]).toEqual([glob, null]);
    }
  });

  it('refuses globs that could take forever', () => {
    for (const glob of ['*a*a*a', '**/**/**/**', '{a,b}{a,b}{a,b}']) {
      expect(globProblem(glob)).toContain(glob);
    }
  });
});
