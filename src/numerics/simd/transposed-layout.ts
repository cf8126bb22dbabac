/**
 * The weights once more, for the way back: gradients of sums times weights give gradients of what
 * was summed, so here a panel's columns are sixteen numbers of a staged row and its rows the
 * columns of the packed weights.
 *
 *   (inner, 16): row = panel·16 + column of the packed weights, column = unit of h (or of x)
 *
 * Layers give dh and, above the first, dx; the head gives dh alone. Biases are not needed. Sizes
 * are natural here: halving belongs to the way forward.
 */

import { PANEL, type PanelBlock, type PanelLayout } from './panel-layout.ts';

/** One product on the way back. */
export interface TransposedBlock {
  /** First place in the transposed weights, in numbers. */
  readonly at: number;
  /** Panels of sixteen units, and the rows of each. */
  readonly panels: number;
  readonly inner: number;
}

export interface TransposedLayout {
  /** By layer: towards h of the step before. */
  readonly toHidden: readonly TransposedBlock[];
  /** By layer, beginning with the second: towards h of the layer below. */
  readonly toBelow: readonly TransposedBlock[];
  readonly head: TransposedBlock;
  /** Numbers in the transposed weights. */
  readonly size: number;
  /** Pairs: weight `sources[i]` of the flat ones lies at `places[i]`. */
  readonly sources: Int32Array;
  readonly places: Int32Array;
}

export function transposedLayout(layout: PanelLayout): TransposedLayout {
  const { layers, head } = layout;
  const panels = Math.ceil(layout.H / PANEL);
  let size = 0;
  const block = ({ panels: columns }: PanelBlock): TransposedBlock => {
    const at = size;
    const inner = columns * PANEL;
    size += panels * inner * PANEL;
    return { at, panels, inner };
  };
  const toHidden = layers.map(block);
  const toBelow = layers.slice(1).map(block);
  const toHeadHidden = block(head);
  const sources: number[] = [];
  const places: number[] = [];
  layout.places.forEach((packed, source) => {
    const at = [...layers, head].findLastIndex((candidate) => candidate.at <= packed);
    const from = layers[at] ?? head;
    const row = Math.floor((packed - from.at) / PANEL);
    const k = row % (from.K + 1);
    const inner = Math.floor(row / (from.K + 1)) * PANEL + (packed % PANEL);
    const isHidden = k < from.H;
    const to = isHidden ? (toHidden[at] ?? toHeadHidden) : toBelow[at - 1];
    if (to === undefined || k === from.K) return;
    const unit = isHidden ? k : k - from.H;
    sources.push(source);
    places.push(placeOf(to, unit, inner));
  });
  return {
    toHidden,
    toBelow,
    head: toHeadHidden,
    size,
    sources: Int32Array.from(sources),
    places: Int32Array.from(places),
  };
}

function placeOf({ at, inner }: TransposedBlock, unit: number, row: number): number {
  return at + (Math.floor(unit / PANEL) * inner + row) * PANEL + (unit % PANEL);
}

/** Writes the flat weights to their transposed places. */
export function packTransposed(
  { sources, places }: TransposedLayout,
  flat: Float32Array,
  transposed: Float32Array,
): void {
  const count = places.length;
  for (let i = 0; i < count; i++) transposed[places[i]] = flat[sources[i]];
}
