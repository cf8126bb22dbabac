import { afterEach, describe, expect, it, vi } from 'vitest';
import { chooseKernels } from '../../src/numerics/kernel-choice.ts';
import { parameterCount } from '../../src/numerics/network-layout.ts';
import { Random } from '../../src/numerics/random.ts';
import type { NetworkShape } from '../../src/numerics/recurrent-kernel.ts';
import { gaussianArray } from './network-cases.ts';

const SHAPE: NetworkShape = { cell: 'lstm', inputs: 3, hidden: 8, layers: 1, outputs: 2 };

/** Takes only modules without the instructions named by these bytes. */
function refuse(...refused: number[][]) {
  const holds = (bytes: Uint8Array, part: number[]) =>
    bytes.some((_, at) => part.every((byte, i) => bytes[at + i] === byte));
  const engine: { validate(bytes: Uint8Array): boolean } = Reflect.get(globalThis, 'WebAssembly');
  vi.spyOn(engine, 'validate').mockImplementation(
    (bytes) => !refused.some((part) => holds(bytes, part)),
  );
}

const RELAXED_MULTIPLY_ADD = [0xfd, 0x85, 0x02];
const MULTIPLY = [0xfd, 0xe6, 0x01];

afterEach(() => vi.restoreAllMocks());

describe('the choice of kernels', () => {
  it('takes relaxed SIMD where it is, else SIMD, else the readable cells', () => {
    refuse();
    expect(chooseKernels().variant).toBe('simd-relaxed');
    refuse(RELAXED_MULTIPLY_ADD);
    expect(chooseKernels().variant).toBe('simd128');
    refuse(RELAXED_MULTIPLY_ADD, MULTIPLY);
    expect(chooseKernels().variant).toBe('readable');
  });

  it('takes the readable cells where there is no WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(chooseKernels().variant).toBe('readable');
    vi.unstubAllGlobals();
  });

  it('makes kernels that name their variant and share nothing but their code', () => {
    const kernels = chooseKernels('simd128');
    const random = new Random(1);
    const weights = gaussianArray(parameterCount(SHAPE), random);
    const [first, second] = [kernels.recurrent(SHAPE), kernels.recurrent(SHAPE)];
    expect(first.variant).toBe('simd128');
    const y = new Float32Array(2);
    for (const kernel of [first, second]) kernel.reserve(1);
    first.setWeights(weights);
    first.step(Uint32Array.of(0), 1, gaussianArray(3, random), y);
    expect(first.h.every((h) => h !== 0)).toBe(true);
    expect(second.h.every((h) => h === 0)).toBe(true);
    expect(chooseKernels('readable').recurrent(SHAPE).variant).toBe('readable');
  });
});
