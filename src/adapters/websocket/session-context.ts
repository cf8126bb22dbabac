import type { Access } from '../../pipeline/access.ts';
import type { Clock, StreamDirectory } from '../../pipeline/ports.ts';
import type { AudienceIndex } from './audience-index.ts';
import type { WebSocketCounters } from './counters.ts';
import type { ItemRing } from './item-ring.ts';
import type { WebSocketLimits } from './limits.ts';

/** What all sessions share. */
export interface SessionContext {
  readonly server: string;
  readonly epoch: string;
  readonly access: Access;
  readonly limits: WebSocketLimits;
  readonly clock: Clock;
  readonly directory: StreamDirectory;
  readonly index: AudienceIndex;
  readonly ring: ItemRing;
  readonly counters: WebSocketCounters;
  /** The newest offset given out. */
  offset(): number;
}
