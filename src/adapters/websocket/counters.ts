/** What the adapter counts. Plain numbers: whoever shows them reads them when asked. */
export interface WebSocketCounters {
  clients: number;
  subscriptions: number;
  connectionsTotal: number;
  refusedTotal: number;
  messagesTotal: number;
  framesTotal: number;
  itemsTotal: number;
  bytesTotal: number;
  droppedTotal: number;
  slowClosesTotal: number;
  unresponsiveTotal: number;
}

export function createCounters(): WebSocketCounters {
  return {
    clients: 0,
    subscriptions: 0,
    connectionsTotal: 0,
    refusedTotal: 0,
    messagesTotal: 0,
    framesTotal: 0,
    itemsTotal: 0,
    bytesTotal: 0,
    droppedTotal: 0,
    slowClosesTotal: 0,
    unresponsiveTotal: 0,
  };
}

/** What each counter says, for the metrics page. */
export const webSocketMetrics: Record<
  keyof WebSocketCounters,
  { readonly type: 'counter' | 'gauge'; readonly help: string }
> = {
  clients: { type: 'gauge', help: 'WebSocket clients connected' },
  subscriptions: { type: 'gauge', help: 'Subscriptions of all WebSocket clients' },
  connectionsTotal: { type: 'counter', help: 'WebSocket connections accepted' },
  refusedTotal: { type: 'counter', help: 'WebSocket upgrades refused' },
  messagesTotal: { type: 'counter', help: 'Messages received from WebSocket clients' },
  framesTotal: { type: 'counter', help: 'Frames handed to WebSocket clients' },
  itemsTotal: { type: 'counter', help: 'Items handed to WebSocket clients' },
  bytesTotal: { type: 'counter', help: 'Characters of the frames handed to WebSocket clients' },
  droppedTotal: { type: 'counter', help: 'Items withheld by conflation and rate limits' },
  slowClosesTotal: { type: 'counter', help: 'WebSocket clients closed for being too slow' },
  unresponsiveTotal: { type: 'counter', help: 'WebSocket clients cut off for unanswered pings' },
};
