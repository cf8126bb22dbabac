import assert from 'node:assert';
import type { ForecastDemand } from '../../engine/outcome.ts';
import type { StreamDirectory } from '../../pipeline/ports.ts';
import { Audience, type AudienceSpec } from './audience.ts';
import { RowSet } from './row-set.ts';

/** Called once with the audience when its streams are known. */
export type Ready = (audience: Audience) => void;

export interface AudienceIndexOptions {
  readonly directory: Pick<StreamDirectory, 'ids' | 'row'>;
  /** The newest offset given out. */
  readonly offset: () => number;
  readonly lingerMs: number;
  readonly lingering: number;
  /** Runs work in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
}

/** Ids compared with a glob in one turn of the event loop: about a millisecond. */
const IDS_PER_TURN = 4_000;
const nobody: readonly Audience[] = [];

/**
 * Which audiences each stream has, by the stream's row:
 *
 *   routes[row] → [audience, audience]      demand[row] = how many of them take forecasts
 *
 * Kept while streams come and go, so that routing an item and asking whether a forecast is wanted
 * are look-ups. An audience that everybody has left lingers for a while: a client that comes back
 * soon finds its items in the ring, forecasts too, since they were wanted all along.
 */
export class AudienceIndex {
  readonly #options: AudienceIndexOptions;
  readonly #audiences: Map<string, Audience>;
  readonly #routes: (Audience[] | undefined)[];
  #demand: Uint32Array;
  /** Rows that were compared with the globs: only of others can nothing be said. */
  readonly #known: RowSet;
  /** Left audiences and when they are let go, soonest first. */
  readonly #lingering: Map<Audience, number>;
  #pairs: number;
  #forecastAudiences: number;

  constructor(options: AudienceIndexOptions) {
    this.#options = options;
    this.#audiences = new Map();
    this.#routes = [];
    this.#demand = new Uint32Array(1024);
    this.#known = new RowSet();
    this.#lingering = new Map();
    this.#pairs = 0;
    this.#forecastAudiences = 0;
  }

  /** Pairs of audience and stream. */
  get pairs(): number {
    return this.#pairs;
  }

  get size(): number {
    return this.#audiences.size;
  }

  /** Audiences of the stream in this row. */
  route(row: number): readonly Audience[] {
    return this.#routes[row] ?? nobody;
  }

  /** All audiences, for items that come without a row. */
  all(): Iterable<Audience> {
    return this.#audiences.values();
  }

  /**
   * Whether anyone takes this stream's forecasts. Of a row not yet seen nobody can say, so the
   * answer is yes when anyone takes forecasts at all.
   */
  readonly wants: ForecastDemand = (row) => {
    if ((this.#demand[row] ?? 0) > 0) return true;
    return this.#forecastAudiences > 0 && !this.#known.has(row);
  };

  /**
   * Holds the audience of `spec`, making it when it is new, and calls `ready` once its streams are
   * known: at once, or some turns later when there are many.
   */
  acquire(spec: AudienceSpec, ready: Ready): Audience {
    let audience = this.#audiences.get(spec.key);
    if (audience === undefined) {
      audience = new Audience(spec);
      this.#audiences.set(spec.key, audience);
      if (audience.takesForecasts) this.#forecastAudiences++;
      audience.holders = 1;
      audience.waiting.add(ready);
      this.#gather(audience, this.#options.directory.ids(), 0);
      return audience;
    }
    audience.holders++;
    this.#lingering.delete(audience);
    if (audience.since === null) audience.waiting.add(ready);
    else ready(audience);
    return audience;
  }

  /** Lets go of a held audience; the last holder's leaving makes it linger. */
  release(audience: Audience, ready: Ready, now: number): void {
    audience.waiting.delete(ready);
    audience.holders--;
    assert(audience.holders >= 0);
    if (audience.holders > 0) return;
    this.#lingering.set(audience, now + this.#options.lingerMs);
    if (this.#lingering.size <= this.#options.lingering) return;
    const [oldest] = this.#lingering.keys();
    this.#remove(oldest!);
  }

  /** Removes what has lingered long enough. */
  sweep(now: number): void {
    for (const [audience, until] of this.#lingering) {
      if (until > now) return;
      this.#remove(audience);
    }
  }

  /** A new stream has this row, whoever had it before. */
  created(id: string, row: number): void {
    this.#known.add(row);
    for (const audience of this.route(row)) {
      audience.rows.delete(row);
      this.#pairs--;
    }
    this.#routes[row] = undefined;
    if (row < this.#demand.length) this.#demand[row] = 0;
    for (const audience of this.#audiences.values()) {
      if (!audience.matches(id)) continue;
      this.#add(audience, row);
      for (const member of audience.members) member.created(row);
    }
  }

  /** The stream is gone; its row's routes stay until the row has a new owner. */
  removed(id: string): void {
    for (const audience of this.#audiences.values()) {
      const counted = audience.since !== null || id <= audience.gatheredTo;
      if (counted && audience.matches(id)) audience.count--;
    }
  }

  #gather(audience: Audience, ids: readonly string[], from: number): void {
    if (this.#audiences.get(audience.key) !== audience) return;
    const to = Math.min(ids.length, from + IDS_PER_TURN);
    for (let index = from; index < to; index++) {
      const id = ids[index]!;
      const row = this.#options.directory.row(id);
      if (row === null) continue;
      this.#known.add(row);
      if (audience.matches(id)) this.#add(audience, row);
    }
    if (to > 0) audience.gatheredTo = ids[to - 1]!;
    if (to < ids.length) {
      this.#options.defer(() => this.#gather(audience, ids, to));
      return;
    }
    audience.since = this.#options.offset();
    const waiting = [...audience.waiting];
    audience.waiting.clear();
    for (const ready of waiting) ready(audience);
  }

  #add(audience: Audience, row: number): void {
    if (!audience.rows.add(row)) return;
    audience.count++;
    this.#pairs++;
    const route = this.#routes[row];
    if (route === undefined) this.#routes[row] = [audience];
    else route.push(audience);
    if (audience.takesForecasts) this.#wantMore(row);
  }

  #wantMore(row: number): void {
    if (row >= this.#demand.length) {
      const grown = new Uint32Array(Math.max(row + 1, 2 * this.#demand.length));
      grown.set(this.#demand);
      this.#demand = grown;
    }
    this.#demand[row]!++;
  }

  #remove(audience: Audience): void {
    this.#lingering.delete(audience);
    this.#audiences.delete(audience.key);
    if (audience.takesForecasts) this.#forecastAudiences--;
    for (const row of audience.rows) {
      const rest = this.#routes[row]!.filter((other) => other !== audience);
      this.#routes[row] = rest.length === 0 ? undefined : rest;
      this.#pairs--;
      if (audience.takesForecasts) this.#demand[row]!--;
    }
  }
}
