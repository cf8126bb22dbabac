/**
 * Every failure a user can meet, by its code. `docs/errors.md` explains each; a test holds the two together.
 * `exit` is the process's exit code where the failure ends a command, `status` the HTTP status, `close` the WebSocket close code.
 */
export const errorCatalogue = {
  // Command line
  ERR_USAGE: { exit: 64 },
  ERR_INTERNAL: { exit: 70, status: 500 },
  // Configuration
  ERR_CONFIG_INVALID: { exit: 78 },
  ERR_CONFIG_MISSING: { exit: 78 },
  ERR_CONFIG_INSECURE: { exit: 78 },
  // Starting
  ERR_PORT_TAKEN: { exit: 69 },
  ERR_BROKER_UNREACHABLE: { exit: 69 },
  ERR_DATA_NOT_WRITABLE: { exit: 73 },
  ERR_DATA_LOCKED: { exit: 75 },
  ERR_DATA_UNREADABLE: { exit: 65 },
  ERR_DATA_MISSING: { exit: 66 },
  ERR_SNAPSHOT_CORRUPT: { exit: 65 },
  ERR_SNAPSHOT_VERSION: { exit: 65 },
  ERR_JOURNAL_CORRUPT: { exit: 65 },
  ERR_JOURNAL_WRITE: { status: 503 },
  ERR_OUTBOX_CORRUPT: {},
  ERR_OUTBOX_WRITE: {},
  ERR_PAGE_BUILD: { exit: 70 },
  // Readings that cannot be taken: counted by code, kept in the ring of rejections
  ERR_PAYLOAD_TOO_BIG: { status: 413 },
  ERR_PAYLOAD_EMPTY: {},
  ERR_PAYLOAD_NOT_TEXT: {},
  ERR_PAYLOAD_NOT_READABLE: {},
  ERR_PAYLOAD_NO_READING: {},
  ERR_PAYLOAD_TOO_DEEP: {},
  ERR_PAYLOAD_TOO_MANY_READINGS: {},
  ERR_READING_TIME: {},
  ERR_STREAM_ID: {},
  ERR_STREAM_LIMIT: {},
  ERR_RATE_LIMIT: { status: 429, close: 4429 },
  // HTTP and WebSocket
  ERR_NOT_FOUND: { status: 404 },
  ERR_METHOD: { status: 405 },
  ERR_REQUEST_INVALID: { status: 400 },
  ERR_NOT_JSON: { status: 400, close: 4400 },
  ERR_UNAUTHORISED: { status: 401, close: 4401 },
  ERR_FORBIDDEN: { status: 403, close: 4403 },
  ERR_ORIGIN: { status: 403, close: 4403 },
  ERR_AUTH_TIMEOUT: { close: 4408 },
  ERR_MESSAGE_TOO_BIG: { status: 413, close: 4413 },
  ERR_TOO_MANY: { status: 429, close: 4429 },
  ERR_SLOW_CONSUMER: { close: 4508 },
  ERR_SUBPROTOCOL: { status: 400 },
  ERR_UNKNOWN_STREAM: { status: 404 },
  ERR_UNKNOWN_SUBSCRIPTION: {},
  ERR_SUBSCRIPTION_LIMIT: {},
  ERR_NOT_READY: { status: 503 },
} as const satisfies Record<string, { exit?: number; status?: number; close?: number }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The HTTP status of a failure; 500 for one that HTTP was not meant to meet. */
export function statusOf(code: ErrorCode): number {
  const entry: { exit?: number; status?: number; close?: number } = errorCatalogue[code];
  return entry.status ?? 500;
}

/** An operating failure with its code. The message is one sentence: what was expected and what came. */
export class InklingError extends Error {
  override readonly name = 'InklingError';
  readonly code: ErrorCode;
  /** What the user might have meant, as a full sentence; null when there is no guess. */
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, hint: string | null = null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
