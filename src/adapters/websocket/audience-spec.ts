import type { Grant } from '../../pipeline/access.ts';
import type { SubscribeMessage } from '../../protocol/client-messages.ts';
import { compileGlobs } from '../../stream/glob.ts';
import type { AudienceSpec } from './audience.ts';

/** The audience that a subscription belongs to, for what the client may see. */
export function audienceSpec(message: SubscribeMessage, grant: Grant): AudienceSpec {
  const globs = [...new Set(message.streams)].sort();
  const kinds = [...new Set(message.kinds)].sort();
  const wanted = compileGlobs(globs);
  return {
    key: JSON.stringify([globs, kinds, grant.key]),
    kinds: new Set(kinds),
    matches: grant.seesAll ? wanted : (id) => grant.sees(id) && wanted(id),
  };
}
