/** Peers live in a folder of their own and come without types: engines declare what they use. */

import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where peers are installed. */
export const PEERS_FOLDER = join(import.meta.dirname, '../../../scripts/peers');

const requirePeer = createRequire(join(PEERS_FOLDER, 'package.json'));

/** Loads a peer; the caller declares the part of it that it uses. */
export function peerModule<T>(name: string): T {
  return requirePeer(name) as T;
}

/** The file that a peer's name resolves to. */
export function peerPath(name: string): string {
  return requirePeer.resolve(name);
}
