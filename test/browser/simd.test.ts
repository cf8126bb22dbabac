import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkShape } from '../../src/numerics/recurrent-kernel.ts';
import { launchChromium } from './chromium.ts';
import { type KernelProbe, probeKernels } from './kernel-probe.ts';

/** The kernels in Debian's Chromium: the same source, bundled as the page is, without a server. */
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  page = await browser.newPage();
  await page.addScriptTag({ content: await bundledProbe() });
});

afterAll(() => browser?.close());

async function bundledProbe(): Promise<string> {
  const entry = fileURLToPath(new URL('kernel-probe.ts', import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry, formats: ['iife'], name: 'probe' } },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (bundle === undefined || !('output' in bundle)) throw new Error('expected a finished build');
  return bundle.output[0].code;
}

function inChromium(shape: NetworkShape, variant?: string): Promise<KernelProbe> {
  const values = [shape, variant].map((value) => JSON.stringify(value) ?? 'undefined');
  return page.evaluate(`probe.probeKernels(${values.join(', ')})`);
}

function largestDifference(left: readonly number[], right: readonly number[]): number {
  expect(left).toHaveLength(right.length);
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}

const shapes: NetworkShape[] = [
  { cell: 'lstm', inputs: 13, hidden: 64, layers: 1, outputs: 24 },
  { cell: 'lstm', inputs: 5, hidden: 21, layers: 2, outputs: 3 },
  { cell: 'gru', inputs: 9, hidden: 30, layers: 1, outputs: 7 },
  { cell: 'rnn', inputs: 9, hidden: 30, layers: 1, outputs: 7 },
];

describe('the kernels in a browser', () => {
  it.each(shapes)('give the bits that Node gives: $cell of $layers x $hidden', async (shape) => {
    const there = await inChromium(shape, 'simd128');
    expect(there.variant).toBe('simd128');
    expect(there).toEqual(probeKernels(shape, 'simd128'));
  });

  it.each(shapes)(
    'take the fastest variant, which is right: $cell of $layers x $hidden',
    async (shape) => {
      const fastest = await inChromium(shape);
      expect(fastest.variant).toMatch(/^simd/);
      const readable = probeKernels(shape, 'readable');
      // Four steps of float32 against doubles.
      expect(largestDifference(fastest.outputs, readable.outputs)).toBeLessThan(1e-5);
      expect(largestDifference(fastest.states, readable.states)).toBeLessThan(1e-5);
      expect(largestDifference(fastest.gradient, readable.gradient)).toBeLessThan(1e-6);
      expect(Math.abs(fastest.loss - readable.loss)).toBeLessThan(1e-5);
    },
  );
});
