import { horizonClass } from '../stream/leads.ts';
import { leadsAsked, type StreamRule } from '../stream/stream-rule.ts';
import { type EngineOptions, LIGHT_HIDDEN } from './engine-options.ts';
import { type GroupKey, groupName, ModelGroup } from './model-group.ts';
import type { StreamTable } from './stream-table.ts';

/** Which model group a stream belongs to, and moving it there. Groups are made when first needed. */
export class Membership {
  readonly groups: ModelGroup[] = [];
  readonly #byName = new Map<string, number>();
  readonly #table: StreamTable;
  readonly #options: EngineOptions;
  /** Cadence of each stream row when its group was last looked for: while it stays, so does the group. */
  #assignedCadence = new Float64Array(64);

  constructor(table: StreamTable, options: EngineOptions) {
    this.#table = table;
    this.#options = options;
  }

  /** The group's index; undefined when there is no such group yet. */
  indexOf(name: string): number | undefined {
    return this.#byName.get(name);
  }

  /** The group with this key, made when it is not there. Returns its index. */
  ensure(key: GroupKey): number {
    const fallback = this.#options.rules.at(-1) as StreamRule;
    const horizon = 'steps' in fallback.horizon ? horizonClass(fallback.horizon.steps) : 24;
    const name = groupName(key, { horizon, levels: fallback.levels.join('/') });
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    const { seed, createKernel } = this.#options;
    this.groups.push(new ModelGroup(name, key, seed, createKernel));
    this.#byName.set(name, this.groups.length - 1);
    return this.groups.length - 1;
  }

  /** Makes the stream a member of the group that its rule and cadence ask for; keeps its state when it already is. */
  assign(row: number): void {
    const { columns } = this.#table;
    const cadence = columns.cadence[row];
    const current = columns.group[row] - 1;
    if (current >= 0 && this.#assignedCadence[row] === cadence) return;
    this.#noteCadence(row, cadence);
    const rule = this.#options.rules[columns.rule[row]];
    const key = this.#keyFor(rule, cadence, current);
    const index = this.ensure(key);
    if (index === current) return;
    this.leave(row);
    columns.group[row] = index + 1;
    columns.member[row] = this.groups[index].join(row);
  }

  /** Takes the stream out of its group, if it is in one. */
  leave(row: number): void {
    const { columns } = this.#table;
    const index = columns.group[row] - 1;
    if (index < 0) return;
    this.groups[index].leave(columns.member[row]);
    columns.group[row] = 0;
  }

  /** Bytes of all members' model state. */
  get bytes(): number {
    return this.groups.reduce((sum, group) => sum + group.count * group.memberBytes, 0);
  }

  #noteCadence(row: number, cadence: number): void {
    if (row >= this.#assignedCadence.length) {
      const larger = new Float64Array(Math.max(row + 1, 2 * this.#assignedCadence.length));
      larger.set(this.#assignedCadence);
      this.#assignedCadence = larger;
    }
    this.#assignedCadence[row] = cadence;
  }

  #keyFor(rule: StreamRule, cadence: number, current: number): GroupKey {
    const model = this.#options.models[rule.model];
    const asked = leadsAsked(rule, cadence);
    const steps = asked?.at(-1) ?? ('steps' in rule.horizon ? rule.horizon.steps : 1);
    const key = {
      model: rule.model,
      cell: model.cell,
      layers: model.layers,
      horizon: asked === null ? steps : horizonClass(steps),
      levels: rule.levels,
    };
    const full: GroupKey = { ...key, size: 'full', hidden: model.hidden };
    const light: GroupKey = { ...key, size: 'light', hidden: LIGHT_HIDDEN };
    if (model.size !== 'auto') return model.size === 'full' ? full : light;
    // A stream keeps its size when it moves; a new one is full-sized while there is room.
    if (current >= 0) return this.groups[current].key.size === 'full' ? full : light;
    const sample = this.groups.find((group) => group.key.size === 'full');
    const needed = sample?.memberBytes ?? 0;
    return this.bytes + needed <= this.#options.limits.modelBytes ? full : light;
  }
}
