import type { Item, ItemKind } from '../protocol/items.ts';

export interface SubscribeMessage {
  id: number;
  type: 'subscribe';
  streams: string[];
  kinds?: ItemKind[];
  snapshot?: boolean;
  history?: number;
  mode?: 'latest' | 'all';
  maxRate?: number | null;
  resume?: { epoch: string; offset: number };
}

export type ClientMessage =
  | { type: 'auth'; token: string }
  | SubscribeMessage
  | { id: number; type: 'unsubscribe'; subscription: number }
  | { id: number; type: 'streams'; match: string }
  | { type: 'ping' };

export interface BatchMessage {
  type: 'batch';
  subscription: number;
  epoch: string;
  offset: number;
  dropped: number;
  items: Item[];
}

export type ServerMessage =
  | {
      type: 'hello';
      proto: number;
      server: string;
      epoch: string;
      auth: 'none' | 'token';
      ping: number;
    }
  | { type: 'ready' }
  | {
      id: number;
      type: 'subscribed';
      subscription: number;
      streams: number;
      epoch: string;
      offset: number;
      recovered: boolean;
    }
  | BatchMessage
  | { id: number; type: 'result'; data: unknown }
  | { id: number | null; type: 'error'; code: string; message: string; hint?: string | null }
  | { type: 'pong' };
