import type { ItemKind } from '../../protocol/items.ts';
import type { EncodedItem } from './encoded-item.ts';
import { RowSet } from './row-set.ts';

/** Whoever receives the items of an audience. */
export interface AudienceMember {
  take(item: EncodedItem, now: number): void;
  /** The row now belongs to a new stream. */
  created(row: number): void;
}

/** What makes two subscriptions one audience: the same globs, kinds and sight. */
export interface AudienceSpec {
  readonly key: string;
  readonly kinds: ReadonlySet<ItemKind>;
  readonly matches: (id: string) => boolean;
}

/**
 * All subscriptions that want the same items. A thousand dashboards on the same globs are one
 * audience: their globs are compared once with each stream and the streams' rows are kept once.
 */
export class Audience {
  readonly key: string;
  readonly kinds: ReadonlySet<ItemKind>;
  readonly matches: (id: string) => boolean;
  readonly members: Set<AudienceMember>;
  readonly rows: RowSet;
  /** Streams that match now. */
  count: number;
  /** Subscriptions that hold it, members or about to be. */
  holders: number;
  /** All items after this offset have been routed here; null while the rows are being gathered. */
  since: number | null;
  /** Last id that gathering has looked at; ids are looked at in ascending order. */
  gatheredTo: string;
  /** Called once, when the rows are gathered. */
  readonly waiting: Set<(audience: Audience) => void>;

  constructor(spec: AudienceSpec) {
    this.key = spec.key;
    this.kinds = spec.kinds;
    this.matches = spec.matches;
    this.members = new Set();
    this.rows = new RowSet();
    this.count = 0;
    this.holders = 0;
    this.since = null;
    this.gatheredTo = '';
    this.waiting = new Set();
  }

  get takesForecasts(): boolean {
    return this.kinds.has('forecast');
  }
}
