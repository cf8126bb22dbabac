// Every JavaScript engine has it, though the language does not define it.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

/** Elements of an array that are turned into text at once. */
const SLICE_ITEMS = 2_000;

/**
 * The UTF-8 bytes of `JSON.stringify(value)`, made in slices: long arrays take some milliseconds for
 * each few thousand elements, and `pause` is awaited after each. `value` must not change meanwhile.
 */
export async function slicedJson(value: unknown, pause: () => Promise<void>): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const text of jsonPieces(value)) {
    const piece = encoder.encode(text);
    pieces.push(piece);
    length += piece.length;
    if (text.length > SLICE_ITEMS) await pause();
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Only objects and arrays that may hold long arrays are taken apart. */
function* jsonPieces(value: unknown): Iterable<string> {
  if (Array.isArray(value)) {
    yield* arrayPieces(value);
  } else if (isPlain(value)) {
    let comma = '';
    yield '{';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${comma}${JSON.stringify(name)}:`;
      yield* jsonPieces(member);
      comma = ',';
    }
    yield '}';
  } else {
    yield JSON.stringify(value);
  }
}

function* arrayPieces(array: readonly unknown[]): Iterable<string> {
  if (array.length <= SLICE_ITEMS && !array.some(isPlain)) {
    yield JSON.stringify(array);
    return;
  }
  yield '[';
  if (array.length <= SLICE_ITEMS) {
    for (let i = 0; i < array.length; i++) {
      if (i > 0) yield ',';
      yield* jsonPieces(array[i]);
    }
  } else {
    for (let at = 0; at < array.length; at += SLICE_ITEMS) {
      const slice = JSON.stringify(array.slice(at, at + SLICE_ITEMS)).slice(1, -1);
      yield at === 0 ? slice : `,${slice}`;
    }
  }
  yield ']';
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
