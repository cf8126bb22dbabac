import { expect, it } from 'vitest';
import { createPeakLoop, PEAK_FLOPS_PER_TURN } from './peak-module.ts';

/** The loop in words: chain i starts at i and is eight times multiplied and added to in a turn. */
function expected(turns: number, chains: number): number {
  let sum = 0;
  for (let chain = 0; chain < chains; chain++) {
    let value = chain;
    for (let i = 0; i < 8 * turns; i++) value = Math.fround(Math.fround(value * 0.75) + 0.25);
    sum = Math.fround(sum + value);
  }
  return sum;
}

it('the peak loop does the operations that are counted', () => {
  const chains = PEAK_FLOPS_PER_TURN / (2 * 4 * 8);
  const run = createPeakLoop();
  expect(run(1)).toBe(expected(1, chains));
  expect(run(3)).toBe(expected(3, chains));
  expect(run(1)).not.toBe(run(3));
});
