/**
 * How the kernels keep weights: in panels of 16 columns, so that one pass over a panel gives four
 * vectors of sums, and what those vectors mean is the cell's affair.
 *
 *   one panel, (K+1, 16):        K = H' + X rows: h first, then x; the last row is the bias
 *
 *     LSTM   │ i i i i │ f f f f │ g g g g │ o o o o │      four units, one lane each
 *     GRU    │ r r r r │ z z z z │ x x x x │ h h h h │      the candidate's two shares apart
 *     RNN    │ 16 units                              │
 *     head   │ 16 outputs                            │
 *
 *   all: │ layer 1: panels │ layer 2: panels │ … │ head: panels │
 *
 * H' is H rounded up to whole panels. What is padded is 0 and stays 0: weights, states, gradients.
 * Gates that go through the logistic function are kept at half their size, since
 * σ(a) = (1 + tanh(a/2))/2 makes one function of both; a power of two loses no bits. Gradients
 * have the same places and are never halved.
 */

import { GATE_COUNT } from '../cells/cell.ts';
import { networkParameters, parameterCount } from '../network-layout.ts';
import type { CellKind, NetworkShape } from '../recurrent-kernel.ts';

/** Columns of a panel. */
export const PANEL = 16;

/** Panels over one staged row. */
export interface PanelBlock {
  /** First place in the packed weights, in numbers. */
  readonly at: number;
  readonly panels: number;
  /** H' and X: numbers of h and x in a staged row; K is their sum. */
  readonly H: number;
  readonly X: number;
  readonly K: number;
}

export interface PanelLayout {
  readonly layers: readonly PanelBlock[];
  readonly head: PanelBlock;
  /** Numbers in the packed weights. */
  readonly size: number;
  /** H', the same for all layers. */
  readonly H: number;
  /** O': outputs in whole panels. */
  readonly O: number;
  /** (parameter count): where each number of the flat weights lies in the packed ones. */
  readonly places: Int32Array;
  /** (parameter count): 0.5 for the gates kept at half their size, else 1. */
  readonly scales: Float32Array;
}

/** Units of a panel. */
export function unitsOfPanel(cell: CellKind): number {
  return cell === 'rnn' ? PANEL : 4;
}

export function panelLayout(shape: NetworkShape): PanelLayout {
  const { cell, inputs, hidden, outputs, layers } = shape;
  const units = unitsOfPanel(cell);
  const H = Math.ceil(hidden / units) * units;
  let size = 0;
  const block = (panels: number, X: number): PanelBlock => {
    const at = size;
    size += panels * (H + X + 1) * PANEL;
    return { at, panels, H, X, K: H + X };
  };
  const layerBlocks: PanelBlock[] = [];
  // A layer above reads whole staged rows of the layer below, padding included.
  for (let i = 0; i < layers; i++) layerBlocks.push(block(H / units, i === 0 ? inputs : H));
  const head = block(Math.ceil(outputs / PANEL), inputs);
  const { places, scales } = canonicalPlaces(shape, layerBlocks, head);
  return { layers: layerBlocks, head, size, H, O: head.panels * PANEL, places, scales };
}

/** Writes the flat weights to their places; everything else of `packed` stays as it is. */
export function packWeights(layout: PanelLayout, flat: Float32Array, packed: Float32Array): void {
  const { places, scales } = layout;
  const count = places.length;
  for (let i = 0; i < count; i++) packed[places[i]] = scales[i] * flat[i];
}

/** Reads flat gradients from their places, each times `scale`. */
export function unpackGradient(
  { places }: PanelLayout,
  packed: Float32Array,
  flat: Float32Array,
  scale: number,
): void {
  const count = places.length;
  for (let i = 0; i < count; i++) flat[i] = scale * packed[places[i]];
}

/** The place of row k, column `column` of panel `panel`. */
function placeOf(block: PanelBlock, panel: number, k: number, column: number): number {
  return block.at + (panel * (block.K + 1) + k) * PANEL + column;
}

/** Fills a map by writing it through the views of the flat weights. */
function canonicalPlaces(shape: NetworkShape, layers: readonly PanelBlock[], head: PanelBlock) {
  const { cell, hidden: H, outputs: O } = shape;
  const places = new Float64Array(parameterCount(shape));
  const scales = new Float32Array(places.length).fill(1);
  const placeViews = networkParameters(shape, places);
  const scaleViews = networkParameters(shape, scales);
  layers.forEach((block, i) => {
    const { wx, wh, b, bn } = placeViews.layers[i];
    const { wx: wxScale, wh: whScale, b: bScale } = scaleViews.layers[i];
    const { X } = placeViews.layers[i];
    for (let row = 0; row < GATE_COUNT[cell] * H; row++) {
      const { panel, fromX, fromH, halved } = columnOf(cell, Math.floor(row / H), row % H);
      for (let k = 0; k < X; k++) wx[row * X + k] = placeOf(block, panel, block.H + k, fromX);
      for (let k = 0; k < H; k++) wh[row * H + k] = placeOf(block, panel, k, fromH);
      b[row] = placeOf(block, panel, block.K, fromX);
      if (!halved) continue;
      wxScale.fill(0.5, row * X, (row + 1) * X);
      whScale.fill(0.5, row * H, (row + 1) * H);
      bScale[row] = 0.5;
    }
    for (let unit = 0; unit < bn.length; unit++) {
      const { panel, fromH } = columnOf('gru', 2, unit);
      bn[unit] = placeOf(block, panel, block.K, fromH);
    }
  });
  for (let o = 0; o < O; o++) {
    const { wo, ws, bo, X } = placeViews.head;
    const [panel, column] = [Math.floor(o / PANEL), o % PANEL];
    for (let k = 0; k < H; k++) wo[o * H + k] = placeOf(head, panel, k, column);
    for (let k = 0; k < X; k++) ws[o * X + k] = placeOf(head, panel, head.H + k, column);
    bo[o] = placeOf(head, panel, head.K, column);
  }
  return { places: Int32Array.from(places), scales };
}

/** Panel and columns of a gate's unit: where its weights of x (and bias) and of h stand. */
function columnOf(cell: CellKind, gate: number, unit: number) {
  if (cell === 'rnn') {
    const column = unit % PANEL;
    return { panel: Math.floor(unit / PANEL), fromX: column, fromH: column, halved: false };
  }
  const candidate = gate === 2;
  const fromX = 4 * gate + (unit % 4);
  const fromH = cell === 'gru' && candidate ? fromX + 4 : fromX;
  return { panel: Math.floor(unit / 4), fromX, fromH, halved: !candidate };
}
