import type { FunctionBuilder } from './assembler.ts';
import { addInt, load, loadFloat, notEqual, type Operand } from './expressions.ts';

/** Vectors that are copied one by one; more are copied in a loop. */
const UNROLLED_MAX = 16;

export interface Copy {
  readonly from: Operand;
  readonly offset?: number;
  readonly to: Operand;
  readonly toOffset?: number;
  /** Numbers, no more and no fewer. */
  readonly count: number;
}

/** Emits the copy of so many float32 numbers between two addresses, four at a time. */
export function copyNumbers(body: FunctionBuilder, copy: Copy): void {
  const { offset = 0, toOffset = 0, count } = copy;
  const [from, to] = [body.int(), body.int()];
  body.set(from, copy.from);
  body.set(to, copy.to);
  const vectorBytes = 16 * Math.floor(count / 4);
  let at = 0;
  if (vectorBytes > 16 * UNROLLED_MAX) {
    const end = body.int();
    body.set(end, addInt(from, vectorBytes));
    body.doWhile(
      () => {
        body.store(to, load(from, offset), toOffset);
        body.advance(from, 16);
        body.advance(to, 16);
      },
      () => notEqual(from, end),
    );
  } else {
    for (; at < vectorBytes; at += 16) body.store(to, load(from, offset + at), toOffset + at);
  }
  for (let rest = 0; rest < count % 4; rest++, at += 4) {
    body.storeFloat(to, loadFloat(from, offset + at), toOffset + at);
  }
}
