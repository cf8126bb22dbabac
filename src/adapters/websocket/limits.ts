/** Every bound of the WebSocket adapter. Bytes count what waits for one client, sent or not. */
export interface WebSocketLimits {
  readonly clients: number;
  /** Loopback is exempt: whoever is on this machine already has it. */
  readonly clientsPerAddress: number;
  readonly subscriptionsPerClient: number;
  readonly messageBytes: number;
  readonly messagesPerSecond: number;
  readonly messagesBurst: number;
  /** Above this a client counts as slow. */
  readonly slowBytes: number;
  /** Above this, or without progress for `stuckMs`, it is closed. */
  readonly outboundBytes: number;
  readonly stuckMs: number;
  readonly authMs: number;
  /** Between two pings; a client that leaves two unanswered is cut off. */
  readonly pingMs: number;
  /** Between two writes to the sockets. */
  readonly flushMs: number;
  readonly frameBytes: number;
  readonly ringItems: number;
  readonly ringBytes: number;
  /** How long a left audience stays warm for clients that come back. */
  readonly lingerMs: number;
  readonly lingering: number;
  /** Pairs of audience and stream: bounds the memory of routing. */
  readonly routes: number;
  /** Streams of a snapshot sent in one turn of the event loop. */
  readonly snapshotStreams: number;
}

export const defaultLimits: WebSocketLimits = {
  clients: 4096,
  clientsPerAddress: 200,
  subscriptionsPerClient: 200,
  messageBytes: 16_384,
  messagesPerSecond: 50,
  messagesBurst: 200,
  slowBytes: 256 * 1024,
  outboundBytes: 4 * 1024 * 1024,
  stuckMs: 10_000,
  authMs: 5_000,
  pingMs: 25_000,
  flushMs: 10,
  frameBytes: 256 * 1024,
  ringItems: 8_192,
  ringBytes: 8 * 1024 * 1024,
  lingerMs: 30_000,
  lingering: 256,
  routes: 10_000_000,
  snapshotStreams: 500,
};
