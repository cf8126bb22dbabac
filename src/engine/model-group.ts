import { initialWeights } from '../numerics/network-layout.ts';
import { normalQuantile } from '../numerics/normal-quantile.ts';
import { hashSeed, Random } from '../numerics/random.ts';
import type { NetworkShape, RecurrentKernel } from '../numerics/recurrent-kernel.ts';
import { type IssueScratch, issueScratch } from '../stream/issuing.ts';
import { leadsOf } from '../stream/leads.ts';
import {
  type MemberColumns,
  type MemberLayout,
  memberSpecification,
} from '../stream/member-columns.ts';
import { INPUTS } from '../stream/recurrent-inputs.ts';
import { dropPending } from '../stream/scoring.ts';
import { Slab } from '../stream/slab.ts';
import { resetTrust } from '../stream/trust.ts';

/** Steps staged before the kernel runs, at most. */
export const STAGE_MAX = 512;

/** What tells one group from another: its streams share weights. */
export interface GroupKey {
  /** Name of the model in the configuration. */
  readonly model: string;
  readonly size: 'full' | 'light';
  readonly cell: NetworkShape['cell'];
  readonly hidden: number;
  readonly layers: number;
  readonly horizon: number;
  readonly levels: readonly number[];
}

/** The group's name in items, logs and snapshots: `shared`, `shared-light`, `shared-light-h96`. */
export function groupName(key: GroupKey, defaults: { horizon: number; levels: string }): string {
  const size = key.size === 'light' ? '-light' : '';
  const horizon = key.horizon === defaults.horizon ? '' : `-h${key.horizon}`;
  const levels = key.levels.join('/');
  return `${key.model}${size}${horizon}${levels === defaults.levels ? '' : `-l${levels}`}`;
}

/** Streams that share one network, their forecasting state, and the steps staged for the kernel. */
export class ModelGroup {
  readonly name: string;
  readonly key: GroupKey;
  readonly shape: NetworkShape;
  readonly layout: MemberLayout;
  readonly kernel: RecurrentKernel;
  readonly slab: Slab<ReturnType<typeof memberSpecification>>;
  readonly scratch: IssueScratch;
  /** 0: the seeded weights it started with. */
  version = 0;
  weights: Float32Array;
  loss: number | null = null;

  /** Staging for the next kernel call: members (STAGE_MAX), inputs (STAGE_MAX, X), outputs (STAGE_MAX, H). */
  readonly stagedMembers = new Uint32Array(STAGE_MAX);
  readonly x: Float32Array;
  readonly y: Float32Array;
  staged = 0;

  #free: number[] = [];
  #used = 0;
  #serials = 0;

  constructor(
    name: string,
    key: GroupKey,
    seed: number,
    createKernel: (shape: NetworkShape) => RecurrentKernel,
  ) {
    this.name = name;
    this.key = key;
    const { cell, hidden, layers, horizon } = key;
    this.shape = { cell, inputs: INPUTS, hidden, layers, outputs: horizon };
    this.layout = { leads: leadsOf(horizon), levels: Float64Array.from(key.levels) };
    this.slab = new Slab(memberSpecification(this.layout.leads, key.levels.length));
    this.scratch = issueScratch(this.layout);
    this.kernel = createKernel(this.shape);
    this.weights = initialWeights(this.shape, new Random(hashSeed(seed, name)));
    this.kernel.setWeights(this.weights);
    this.x = new Float32Array(STAGE_MAX * INPUTS);
    this.y = new Float32Array(STAGE_MAX * horizon);
  }

  get columns(): MemberColumns {
    return this.slab.columns;
  }

  /** Members now. */
  get count(): number {
    return this.#used - this.#free.length;
  }

  /** Rows ever used: every member's row is below. */
  get rows(): number {
    return this.#used;
  }

  /** Bytes of state that one member takes, recurrent state included. */
  get memberBytes(): number {
    return this.slab.rowBytes + 2 * 4 * this.shape.hidden * this.shape.layers;
  }

  /** Takes a stream in: fresh state, Gaussian intervals. Returns its member row. */
  join(streamRow: number): number {
    const member = this.#free.pop() ?? this.#used++;
    this.slab.reserve(member + 1);
    this.kernel.reserve(member + 1);
    this.slab.clearRow(member);
    this.#clearState(member);
    const { columns } = this;
    const { levels, leads } = this.layout;
    for (let k = 0; k < leads.knots.length; k++) {
      for (let i = 0; i < levels.length; i++) {
        const at = (member * leads.knots.length + k) * 2 * levels.length + i;
        const z = normalQuantile((1 + levels[i]) / 2);
        columns.quantile[at] = -z;
        columns.quantile[at + levels.length] = z;
      }
    }
    this.#serials += 1;
    columns.serial[member] = this.#serials;
    columns.stream[member] = streamRow;
    return member;
  }

  /** Lets a member go. */
  leave(member: number): void {
    this.#clearState(member);
    this.slab.clearRow(member);
    this.#free.push(member);
  }

  /** h and c start at zero again; what was measured about the errors is kept. */
  restartState(member: number): void {
    this.#clearState(member);
    dropPending(this.columns, this.layout, member);
    resetTrust(this.columns, member);
    this.columns.step[member] = 0;
  }

  /** Takes new weights; h and c are kept. The caller has checked length and finiteness. */
  swapWeights(weights: Float32Array, version: number, loss: number | null): void {
    this.weights = weights.slice();
    this.kernel.setWeights(this.weights);
    this.version = version;
    this.loss = loss;
  }

  /** What a snapshot keeps besides arrays. */
  membership(): GroupMembership {
    return { free: this.#free, used: this.#used, serials: this.#serials };
  }

  restoreMembership(membership: GroupMembership): void {
    this.#free = [...membership.free];
    this.#used = membership.used;
    this.#serials = membership.serials;
    this.slab.reserve(this.#used);
    this.kernel.reserve(this.#used);
  }

  #clearState(member: number): void {
    const size = this.shape.hidden * this.shape.layers;
    this.kernel.h.fill(0, member * size, (member + 1) * size);
    this.kernel.c.fill(0, member * size, (member + 1) * size);
  }
}

export interface GroupMembership {
  readonly free: readonly number[];
  readonly used: number;
  readonly serials: number;
}
