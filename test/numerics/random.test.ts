import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashSeed, Random } from '../../src/numerics/random.ts';

describe('Random', () => {
  it('repeats its numbers for the same seed and not for its neighbour', () => {
    const first = new Random(7);
    const again = new Random(7);
    const neighbour = new Random(8);
    let differences = 0;
    for (let i = 0; i < 100; i++) {
      const word = first.uint32();
      expect(again.uint32()).toBe(word);
      if (neighbour.uint32() !== word) differences++;
    }
    expect(differences).toBeGreaterThan(95);
  });

  it('uses the upper bits and the sign of a seed', () => {
    const firsts = [1, -1, 2 ** 32 + 1, 2 ** 52 + 1].map((seed) => new Random(seed).uint32());
    expect(new Set(firsts).size).toBe(4);
  });

  it('keeps giving the numbers it gave when it was written', () => {
    // Journals are replayed by later versions: a change of the sequence must not pass unnoticed.
    const random = new Random(42);
    const words = [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
    expect(words).toEqual([3454215499, 3454253773, 1409567750, 3199460424]);
  });

  it('continues from a kept state with the same numbers', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(50), (seed, before) => {
        const random = new Random(seed);
        for (let i = 0; i < before; i++) random.gaussian();
        const restored = Random.restore(JSON.parse(JSON.stringify(random.state())));
        for (let i = 0; i < 20; i++) expect(restored.uniform()).toBe(random.uniform());
      }),
    );
  });

  it('refuses a seed or a state that it could not reproduce', () => {
    expect(() => new Random(0.5)).toThrow(/safe integer/);
    expect(() => Random.restore([1, 2, 3])).toThrow(/4 unsigned/);
    expect(() => Random.restore([1, 2, 3, -4])).toThrow(/4 unsigned/);
    expect(() => new Random(1).integer(0)).toThrow(/1\.\.2\^32/);
  });

  it('gives uniform numbers in [0, 1) that fill sixteen bins evenly', () => {
    const random = new Random(1);
    const bins = new Array<number>(16).fill(0);
    const count = 160_000;
    let outside = 0;
    for (let i = 0; i < count; i++) {
      const value = random.uniform();
      if (value < 0 || value >= 1) outside++;
      bins[Math.floor(value * 16)]! += 1;
    }
    expect(outside).toBe(0);
    const expected = count / 16;
    const chiSquare = bins.reduce((sum, bin) => sum + (bin - expected) ** 2 / expected, 0);
    // 15 degrees of freedom: 37.7 is passed by chance once in a thousand seeds.
    expect(chiSquare).toBeLessThan(37.7);
  });

  it('gives gaussian numbers with the moments and tails of a normal distribution', () => {
    const random = new Random(2);
    const count = 200_000;
    let [sum, squares, cubes, fourths, tail] = [0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = random.gaussian();
      sum += value;
      squares += value ** 2;
      cubes += value ** 3;
      fourths += value ** 4;
      if (Math.abs(value) > 1.959964) tail++;
    }
    // About four standard errors of each estimate.
    expect(Math.abs(sum / count)).toBeLessThan(0.009);
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.013);
    expect(Math.abs(cubes / count)).toBeLessThan(0.035);
    expect(Math.abs(fourths / count - 3)).toBeLessThan(0.09);
    expect(Math.abs(tail / count - 0.05)).toBeLessThan(0.002);
  });

  it('draws every integer below n about equally often', () => {
    const random = new Random(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});

describe('hashSeed', () => {
  it('gives each of fifty thousand streams its own seed', () => {
    const seeds = new Set<number>();
    for (let i = 0; i < 50_000; i++) seeds.add(hashSeed(1, `site/${i}/temperature`));
    expect(seeds.size).toBe(50_000);
  });

  it('depends on the seed, on every letter and on their order', () => {
    const hashes = [
      hashSeed(1, 'ab'),
      hashSeed(2, 'ab'),
      hashSeed(1, 'ba'),
      hashSeed(1, 'b'),
      hashSeed(1, ''),
      hashSeed(2 ** 40 + 1, 'ab'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    for (const hash of hashes) expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
  });
});
