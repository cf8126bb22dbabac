import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipGradientNorm, gradientNorm } from '../../src/numerics/gradient-clip.ts';

describe('clipGradientNorm', () => {
  const float = fc.float({ min: Math.fround(-1e18), max: Math.fround(1e18), noNaN: true });

  it('never leaves a norm above max, in single precision too', () => {
    const gradients = fc.array(float, { minLength: 1, maxLength: 50 });
    const maxima = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(gradients, maxima, (values, max) => {
        const gradient = Float32Array.from(values);
        const norm = gradientNorm(gradient);
        expect(clipGradientNorm(gradient, max)).toBe(norm);
        expect(gradientNorm(gradient)).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('keeps the direction and uses nearly all of max', () => {
    const gradient = Float64Array.of(3, -4, 0);
    expect(clipGradientNorm(gradient, 1)).toBe(5);
    expect(gradientNorm(gradient)).toBeGreaterThan(1 - 1e-6);
    expect(gradient[1]! / gradient[0]!).toBeCloseTo(-4 / 3, 12);
  });

  it('leaves a short gradient as it is', () => {
    const gradient = Float32Array.of(0.3, -0.4);
    const before = gradient.slice();
    expect(clipGradientNorm(gradient, 1)).toBeCloseTo(0.5, 7);
    expect(gradient).toEqual(before);
  });

  it('reports a gradient that is not finite and leaves it as it is', () => {
    const gradient = Float32Array.of(1, Number.NaN, 2);
    expect(clipGradientNorm(gradient, 0.1)).toBeNaN();
    expect(gradient).toEqual(Float32Array.of(1, Number.NaN, 2));
    expect(clipGradientNorm(Float32Array.of(Infinity, 1), 1)).toBe(Infinity);
  });
});
