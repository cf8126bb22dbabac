import type { EncodedItem } from './encoded-item.ts';

/**
 * The newest items that somebody was subscribed to, for clients that come back. Bounded in items
 * and in bytes; the oldest give way.
 *
 *   slots  [ 7 8 9 4 5 6 ]      first = index of the oldest (4), count = 6
 *                  ^first       floor = offset of the newest item that has given way (3)
 *
 * Offsets rise from slot to slot but may have gaps: items nobody took are not kept.
 */
export class ItemRing {
  readonly #slots: (EncodedItem | undefined)[];
  readonly #bytesMax: number;
  #first: number;
  #count: number;
  #bytes: number;
  #floor: number;

  constructor(options: { itemsMax: number; bytesMax: number }) {
    this.#slots = new Array<EncodedItem | undefined>(options.itemsMax);
    this.#bytesMax = options.bytesMax;
    this.#first = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#floor = 0;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps an item; its offset is above all before it. */
  push(item: EncodedItem): void {
    if (this.#count === this.#slots.length) this.#drop();
    const slot = (this.#first + this.#count) % this.#slots.length;
    this.#slots[slot] = item;
    this.#bytes += item.bytes;
    this.#count++;
    while (this.#bytes > this.#bytesMax && this.#count > 0) this.#drop();
  }

  /** Whether nothing that came after `offset` has given way. */
  covers(offset: number): boolean {
    return offset >= this.#floor;
  }

  /** Items above `offset`, oldest first. */
  *since(offset: number): Generator<EncodedItem> {
    for (let index = this.#firstAbove(offset); index < this.#count; index++) {
      yield this.#at(index);
    }
  }

  #firstAbove(offset: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #at(index: number): EncodedItem {
    return this.#slots[(this.#first + index) % this.#slots.length]!;
  }

  #drop(): void {
    const oldest = this.#slots[this.#first]!;
    this.#floor = oldest.offset;
    this.#bytes -= oldest.bytes;
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#slots.length;
    this.#count--;
  }
}
