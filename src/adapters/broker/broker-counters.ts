/** Counts since the broker was made; read-only to others. */
export interface BrokerCounters {
  /** Messages handed on. */
  messages: number;
  /** Messages under our own prefix or `$`, acknowledged and dropped. */
  refused: number;
  topicTooLong: number;
  /** Times a connection was not read because too many messages waited for the journal. */
  pauses: number;
  packetTooBig: number;
  /** Connections beyond the limit. */
  connectionsRefused: number;
  /** Connections ended by malformed or unexpected packets, lost keep-alives or broken sockets. */
  connectionErrors: number;
  /** Retained messages passed on without being kept. */
  retainedDropped: number;
  /** Messages not forwarded because their subscriber was too slow. */
  forwardsDropped: number;
}

export function noCounts(): BrokerCounters {
  return {
    messages: 0,
    refused: 0,
    topicTooLong: 0,
    pauses: 0,
    packetTooBig: 0,
    connectionsRefused: 0,
    connectionErrors: 0,
    retainedDropped: 0,
    forwardsDropped: 0,
  };
}
