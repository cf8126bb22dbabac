import { InklingError } from '../protocol/errors.ts';

/** Reads what a ByteWriter has written. Whatever the bytes: ERR_JOURNAL_CORRUPT, never past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw unreadable('a number is too large');
      if (byte < 128) return value;
      scale *= 128;
      if (scale > Number.MAX_SAFE_INTEGER) throw unreadable('a number is too long');
    }
  }

  delta(): number {
    const folded = this.varint();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  /** @param before the text that was written before in the same place. */
  text(before: string): string {
    const same = this.varint();
    const rest = this.varint();
    if (same > before.length || rest > this.left) throw unreadable('a text is cut');
    let added = '';
    for (let i = 0; i < rest; i++) added += String.fromCharCode(this.#unit());
    return same === 0 ? added : before.slice(0, same) + added;
  }

  #unit(): number {
    const unit = this.varint();
    if (unit > 0xffff) throw unreadable('a character is too large');
    return unit;
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#bytes.length) throw unreadable('it is cut');
    this.#at += count;
    return at;
  }
}

export function unreadable(why: string): InklingError {
  return new InklingError('ERR_JOURNAL_CORRUPT', `Expected an event of the journal, but ${why}.`);
}
