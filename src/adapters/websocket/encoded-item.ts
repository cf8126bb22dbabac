import { encodeItem } from '../../protocol/encode-item.ts';
import type { Item } from '../../protocol/items.ts';

/** Row of an item that belongs to no stream. */
export const NO_ROW = -1;

/**
 * One item on its way to any number of clients: encoded when the first of them is written to, and
 * once only. An item that every client has overtaken by then is never encoded at all.
 */
export class EncodedItem {
  readonly item: Item;
  /** Position in this epoch. */
  readonly offset: number;
  /** The stream's row; NO_ROW for what belongs to no stream. */
  readonly row: number;
  /** About the length of the text, never less than it by much; the same over the item's life. */
  readonly bytes: number;
  #text: string | null;

  constructor(item: Item, offset: number, row: number) {
    this.item = item;
    this.offset = offset;
    this.row = row;
    this.bytes = estimateBytes(item);
    this.#text = null;
  }

  get text(): string {
    this.#text ??= encodeItem(this.item);
    return this.#text;
  }

  /**
   * What a newer item of the same stream makes obsolete: the same number for both.
   * Null for anomalies, alerts and models, which nothing replaces.
   */
  get replaceKey(): number | null {
    if (this.item.kind === 'reading') return 2 * this.row;
    return this.item.kind === 'forecast' ? 2 * this.row + 1 : null;
  }
}

function estimateBytes(item: Item): number {
  switch (item.kind) {
    case 'reading':
      return 160 + item.stream.length;
    case 'forecast': {
      const numbersPerStep = 1 + 2 * item.levels.length;
      const bytesPerStep = 14 + 10 * numbersPerStep;
      return 240 + item.stream.length + item.targets.length * bytesPerStep;
    }
    case 'model':
      return 160;
    default:
      return item.reasons.reduce((sum, reason) => sum + reason.length, 320 + item.stream.length);
  }
}
