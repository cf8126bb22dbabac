import { describe, expect, it } from 'vitest';
import { type Cell, measureInRounds, summaryOf } from './interleaved-rounds.ts';

const options = {
  rounds: 3,
  minimumRounds: 2,
  warmMilliseconds: 0,
  deadline: Number.POSITIVE_INFINITY,
};

/** Cells in a time of their own, which passes only while one of them is measured. */
function scene(micros: Readonly<Record<string, () => number>>) {
  const log: string[] = [];
  let milliseconds = 0;
  const cells = Object.entries(micros).map(([name, cost]) => ({
    name,
    measure: async (blocks: number, iterations: number) => {
      log.push(`${name} ${blocks}×${iterations}`);
      return Array.from({ length: blocks }, () => {
        const each = cost();
        milliseconds += (each * iterations) / 1000;
        return each;
      });
    },
  }));
  return { cells, log, now: () => milliseconds };
}

const never = (_: Cell, reason: unknown) => {
  throw reason;
};

describe('measureInRounds', () => {
  it('gives each cell its turn in each round, forwards and backwards', async () => {
    const { cells, log, now } = scene({ a: () => 10_000, b: () => 200_000 });
    await measureInRounds(cells, { ...options, now }, never);
    const warm = log.findIndex((entry) => entry.startsWith('a 3×'));
    expect(log.slice(warm)).toEqual(['a 3×3', 'b 1×1', 'b 1×1', 'a 3×3', 'a 3×3', 'b 1×1']);
  });

  it('takes the median of the blocks as the figure of a round', async () => {
    let calls = 0;
    const { cells, now } = scene({ a: () => (++calls % 3 === 0 ? 90_000 : 20_000) });
    const figures = await measureInRounds(cells, { ...options, now }, never);
    expect(figures.get(cells[0]!)).toEqual([20_000, 20_000, 20_000]);
  });

  it('runs each cell for its time before the first round', async () => {
    const { cells, log, now } = scene({ a: () => 100 });
    await measureInRounds(cells, { ...options, rounds: 1, warmMilliseconds: 200, now }, never);
    const warm = log.slice(0, -1).map((entry) => Number(entry.split('×')[1]));
    expect(warm.reduce((sum, iterations) => sum + iterations)).toBeGreaterThanOrEqual(2_000);
    expect(Math.max(...warm)).toBeLessThanOrEqual(250);
    expect(log.at(-1)).toBe('a 3×250');
  });

  it('stops at the deadline, but not before the least rounds', async () => {
    const { cells, now } = scene({ a: () => 1_000_000 });
    const late = { ...options, rounds: 9, deadline: 0, now };
    expect((await measureInRounds(cells, late, never)).get(cells[0]!)).toHaveLength(2);
  });

  it('leaves out a cell that fails and goes on with the others', async () => {
    let calls = 0;
    const { cells, now } = scene({
      a: () => 10_000,
      b: () => {
        if (++calls > 5) throw new Error('gone');
        return 10_000;
      },
    });
    const reasons: string[] = [];
    const figures = await measureInRounds(cells, { ...options, now }, (cell, reason) => {
      reasons.push(`${cell.name}: ${(reason as Error).message}`);
    });
    expect(reasons).toEqual(['b: gone']);
    expect([...figures.keys()].map(({ name }) => name)).toEqual(['a']);
  });
});

describe('summaryOf', () => {
  it('is the median with the lowest and the highest round', () => {
    expect(summaryOf([5, 1, 9])).toEqual({ median: 5, spread: [1, 9] });
    expect(summaryOf([4, 1, 9, 2])).toEqual({ median: 3, spread: [1, 9] });
    expect(() => summaryOf([])).toThrow('at least one');
  });
});
