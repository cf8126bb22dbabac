import type { SubscribeMessage } from '../../protocol/client-messages.ts';
import type { Audience } from './audience.ts';
import type { EncodedItem } from './encoded-item.ts';
import type { ItemRing } from './item-ring.ts';
import type { WebSocketLimits } from './limits.ts';

/**
 * Everything a returning client missed, oldest first; null when that cannot be promised:
 * - the offset is of another epoch, of the future, or of a snapshot that was not complete (0);
 * - the ring has let go of items since;
 * - the audience is younger than the offset, so that what came before was routed to nobody, and
 *   forecasts that nobody took were never made;
 * - the subscription is limited in rate: what was withheld at the break has no place in the ring;
 * - it is more than a client may have waiting.
 */
export function replayItems(
  message: Pick<SubscribeMessage, 'resume' | 'maxRate'>,
  audience: Audience,
  context: {
    readonly epoch: string;
    readonly ring: ItemRing;
    readonly limits: Pick<WebSocketLimits, 'outboundBytes'>;
    offset(): number;
  },
): EncodedItem[] | null {
  const { resume } = message;
  if (resume === null || resume.epoch !== context.epoch || message.maxRate !== null) return null;
  const { offset } = resume;
  if (offset === 0 || offset > context.offset() || !context.ring.covers(offset)) return null;
  if (audience.since === null || audience.since > offset) return null;
  const items: EncodedItem[] = [];
  let bytes = 0;
  for (const entry of context.ring.since(offset)) {
    const { item } = entry;
    if (!audience.kinds.has(item.kind)) continue;
    if (item.kind !== 'model' && !audience.matches(item.stream)) continue;
    items.push(entry);
    bytes += entry.bytes;
    if (bytes > context.limits.outboundBytes / 2) return null;
  }
  return items;
}
