/**
 * The few parts of the WebAssembly interface that the kernels use. This floor compiles without the
 * types of Node or of a browser, and both have it.
 */

export interface WasmMemory {
  /** A new one after each `grow`; views of the old one are empty from then on. */
  readonly buffer: ArrayBuffer;
  /** By pages of 64 KiB; throws a RangeError when there is no room. */
  grow(pages: number): number;
}

/** A compiled module: made once, instantiated for each kernel. */
export type WasmModule = object;

/** Exported functions by name; the kernels know the signatures of their own modules. */
export type WasmExports = Readonly<Record<string, (...values: number[]) => number>>;

declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => WasmModule;
  Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  Instance: new (
    module: WasmModule,
    imports: { env: { memory: WasmMemory } },
  ) => { readonly exports: WasmExports };
};

/** Bytes of a page. */
const PAGE_BYTES = 65_536;
/** The most a module can address: 4 GiB. */
const PAGES_MAX = 65_536;

/** Whether this machine's WebAssembly takes these bytes; false too where there is none at all. */
export function validates(bytes: Uint8Array): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(bytes);
}

/** Throws when the bytes are no valid module. */
export function compileModule(bytes: Uint8Array): WasmModule {
  return new WebAssembly.Module(bytes);
}

/** A memory that holds at least these bytes, all 0. */
export function createMemory(bytes: number): WasmMemory {
  const initial = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial, maximum: PAGES_MAX });
}

/** Grows the memory to at least these bytes; what is in it stays, what is new is 0. */
export function growMemory(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}

/** The functions of a module that imports `env.memory`. */
export function instantiate(module: WasmModule, memory: WasmMemory): WasmExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports;
}
