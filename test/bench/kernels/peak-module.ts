/**
 * The most that SIMD128 can do on this machine: independent chains of a ← a·m + s on four lanes,
 * nothing loaded or stored but what does not fit into the registers. So many chains hide the
 * latencies of both operations: on a Sapphire Rapids 8 reach 25 GFLOPS, 13 reach 33, 16 reach 34.5
 * and 20 reach 34.8.
 *
 *   (func (export "run") (param i32) (result f32)   the parameter is the number of turns, ≥ 1
 */

const CHAINS = 16;
/** Multiply-adds of each chain in one turn of the loop, so that counting costs nothing. */
const UNROLLED = 8;
const LANES = 4;
/** Operations of one turn of the loop. */
export const PEAK_FLOPS_PER_TURN = 2 * LANES * CHAINS * UNROLLED;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const EMPTY = 0x40;

/** The part of WebAssembly that is used here; Node's types do not declare it. */
interface Compiler {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: PeakExports };
}

interface PeakExports {
  readonly run: (turns: number) => number;
}

/** Compiles the loop; the returned function runs it and gives back a number of no interest. */
export function createPeakLoop(): PeakExports['run'] {
  const { Instance, Module } = (globalThis as unknown as { WebAssembly: Compiler }).WebAssembly;
  return new Instance(new Module(peakModule())).exports.run;
}

function peakModule(): Uint8Array {
  const name = [...new TextEncoder().encode('run')];
  const body = [1, ...size(CHAINS + 2), V128, ...code(), 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, ...size(body.length), ...body]),
  ]);
}

function code(): number[] {
  const turns = 0;
  const factor = 1;
  const summand = 2;
  const chains = Array.from({ length: CHAINS }, (_, i) => 3 + i);
  // The chains tend to summand / (1 − factor) = 1: neither denormal nor infinite.
  const out = [...splat(0.75), ...set(factor), ...splat(0.25), ...set(summand)];
  chains.forEach((chain, i) => {
    out.push(...splat(i), ...set(chain));
  });
  out.push(0x03, EMPTY);
  for (let i = 0; i < UNROLLED; i++) {
    for (const chain of chains) {
      out.push(...get(chain), ...get(factor), ...simd(0xe6), ...get(summand), ...simd(0xe4));
      out.push(...set(chain));
    }
  }
  out.push(...get(turns), 0x41, 1, 0x6b, 0x22, turns, 0x41, 0, 0x4a, 0x0d, 0, 0x0b);
  out.push(...get(chains[0]!));
  for (const chain of chains.slice(1)) out.push(...get(chain), ...simd(0xe4));
  return [...out, ...simd(0x1f), 0];
}

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number): number[] {
  return [0x21, local];
}

function simd(opcode: number): number[] {
  return [0xfd, ...size(opcode)];
}

/** A constant on all four lanes. */
function splat(value: number): number[] {
  const lane = [...new Uint8Array(Float32Array.of(value).buffer)];
  return [...simd(0x0c), ...lane, ...lane, ...lane, ...lane];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...size(content.length), ...content];
}

/** LEB128, without sign. */
function size(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...size(value >> 7)];
}
