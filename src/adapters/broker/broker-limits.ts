/** What the embedded broker bounds; what goes beyond is counted. */
export interface BrokerLimits {
  /** Bytes of one packet after its fixed header; a longer one closes the connection. */
  readonly packetBytes: number;
  /** Open connections, those that wait included; more are closed at once. */
  readonly connections: number;
  /** Messages handed on and not acknowledged; beyond it their senders are not read. */
  readonly pendingMessages: number;
  /** UTF-16 units of a topic; messages with a longer one are acknowledged and dropped. */
  readonly topicLength: number;
  /** Topics clients may keep a retained message on; beyond it a message is passed on, not kept. */
  readonly retainedTopics: number;
  /** Unsent bytes of one subscriber; beyond it messages to that subscriber are dropped. */
  readonly outboundBytes: number;
}

export const defaultLimits: BrokerLimits = {
  packetBytes: 2 * 1024 * 1024,
  connections: 1_000,
  pendingMessages: 20_000,
  topicLength: 1_024,
  retainedTopics: 10_000,
  outboundBytes: 4 * 1024 * 1024,
};
