/** Fixed numbers and names of the WebSocket protocol, version 1. */
export const SUBPROTOCOL = 'inkling.v1.json';
export const PROTOCOL_VERSION = 1;
export const WEBSOCKET_PATH = '/v1/ws';

/** Close codes by meaning; the error catalogue maps codes of failures onto the same numbers. */
export const closeCodes = {
  restart: 1012,
  notJson: 4400,
  unauthorised: 4401,
  forbidden: 4403,
  authTimeout: 4408,
  tooBig: 4413,
  tooMany: 4429,
  slowConsumer: 4508,
} as const;

/** Bounds of what one client message may ask for. */
export const messageBounds = {
  /** Globs in one subscription. */
  globs: 64,
  /** Characters of one glob. */
  globLength: 512,
  /** Characters of an id that a client gives its request. */
  idLength: 64,
  /** Newest readings a stream gets on subscribing. */
  history: 1000,
  /** Items a second and stream that `maxRate` may name. */
  maxRate: 1000,
  tokenLength: 1024,
  /** Streams in one answer to `streams`. */
  streams: 1000,
} as const;
