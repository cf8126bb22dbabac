/** Which functions belong to which cell: the only place where the kinds are told apart. */

import type { CellKind } from '../recurrent-kernel.ts';
import type { CellParameters, CellStep, CellStepGradient } from './cell.ts';
import { gruStep, gruStepBackward } from './gru.ts';
import { lstmStep, lstmStepBackward } from './lstm.ts';
import { rnnStep, rnnStepBackward } from './rnn.ts';

/** One step of N streams and the way back through it. */
export interface CellFunctions {
  readonly step: (p: CellParameters, N: number, step: CellStep) => void;
  readonly stepBackward: (
    p: CellParameters,
    dp: CellParameters,
    N: number,
    step: CellStep,
    gradient: CellStepGradient,
  ) => void;
}

export const CELL_FUNCTIONS: Readonly<Record<CellKind, CellFunctions>> = {
  rnn: { step: rnnStep, stepBackward: rnnStepBackward },
  gru: { step: gruStep, stepBackward: gruStepBackward },
  lstm: { step: lstmStep, stepBackward: lstmStepBackward },
};
