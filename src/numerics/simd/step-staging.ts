/**
 * Streams lie anywhere in the slabs; a block of them is worked on in staged rows that follow each
 * other. Slabs hold H numbers a layer, staged rows H', whole panels.
 */

import type { NetworkShape } from '../recurrent-kernel.ts';
import type { FunctionBuilder, ModuleBuilder } from './assembler.ts';
import { copyNumbers } from './copy-numbers.ts';
import { addInt, type Local, loadInt, mulInt } from './expressions.ts';
import { FLOAT } from './memory-plan.ts';
import type { PanelLayout } from './panel-layout.ts';
import { hiddenAbove, type StepPlan } from './step-plan.ts';

/** `(n, rows, x, h, c)`: states and inputs of n streams into the staged rows. */
export function defineGather(
  module: ModuleBuilder,
  shape: NetworkShape,
  layout: PanelLayout,
  plan: StepPlan,
): FunctionBuilder {
  const { cell, hidden, inputs, layers } = shape;
  return module.define('', ['i32', 'i32', 'i32', 'i32', 'i32'], (body, n, rows, x, h, c) => {
    const state = body.int();
    const staged = plan.staged.map(({ at, row }) => ({ at: pointer(body, at), row }));
    const memories = plan.memories.map((at) => pointer(body, at));
    const stageLayer = (i: number) => {
      const slab = { offset: i * hidden * FLOAT, count: hidden };
      copyNumbers(body, { ...slab, from: addInt(h, state), to: staged[i].at });
      if (cell !== 'lstm') return;
      // Padded units of a stream with NaN have a NaN of their own; it must not stay for the next.
      if (hidden < layout.H) body.store(memories[i], body.constant(0), (layout.H - 4) * FLOAT);
      copyNumbers(body, { ...slab, from: addInt(c, state), to: memories[i] });
    };
    body.countDown(n, () => {
      body.set(state, mulInt(loadInt(rows), layers * hidden * FLOAT));
      for (let i = 0; i < layers; i++) stageLayer(i);
      for (const { at } of [staged[0], staged[layers]]) {
        copyNumbers(body, { from: x, to: at, toOffset: layout.H * FLOAT, count: inputs });
      }
      for (const { at, row } of staged) body.advance(at, row);
      for (const at of memories) body.advance(at, layout.H * FLOAT);
      body.advance(rows, FLOAT);
      body.advance(x, inputs * FLOAT);
    });
  });
}

/** `(n, rows, h, c)`: the new states of n streams back into the slabs. */
export function defineScatter(
  module: ModuleBuilder,
  shape: NetworkShape,
  layout: PanelLayout,
  plan: StepPlan,
): FunctionBuilder {
  const { cell, hidden, layers } = shape;
  return module.define('', ['i32', 'i32', 'i32', 'i32'], (body, n, rows, h, c) => {
    const state = body.int();
    const above = layout.layers.map((_, i) => pointer(body, hiddenAbove(plan, layout, i)));
    const memories = plan.memories.map((at) => pointer(body, at));
    body.countDown(n, () => {
      body.set(state, mulInt(loadInt(rows), layers * hidden * FLOAT));
      for (let i = 0; i < layers; i++) {
        const toOffset = i * hidden * FLOAT;
        copyNumbers(body, { from: above[i], to: addInt(h, state), toOffset, count: hidden });
        body.advance(above[i], plan.staged[i + 1].row);
        if (cell !== 'lstm') continue;
        copyNumbers(body, { from: memories[i], to: addInt(c, state), toOffset, count: hidden });
        body.advance(memories[i], layout.H * FLOAT);
      }
      body.advance(rows, FLOAT);
    });
  });
}

/** A variable that begins at this address. */
function pointer(body: FunctionBuilder, at: number): Local {
  const local = body.int();
  body.set(local, at);
  return local;
}
