import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  isHostAllowed,
  isLoopback,
  isOriginAllowed,
  type OriginRules,
} from '../../pipeline/origin.ts';
import { type ErrorCode, statusOf } from '../../protocol/errors.ts';
import { SUBPROTOCOL, WEBSOCKET_PATH } from '../../protocol/limits.ts';

/** Why an upgrade is refused: told as a problem document before the connection is closed. */
export interface UpgradeRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface UpgradeState {
  readonly origins: OriginRules;
  readonly isReady: boolean;
  readonly clients: number;
  readonly clientsMax: number;
  readonly clientsOfAddress: (address: string) => number;
  readonly clientsPerAddressMax: number;
}

export type UpgradeRequest = Pick<IncomingMessage, 'url' | 'headers'> & {
  readonly address: string;
};

/** Null when the client may come in. */
export function judgeUpgrade(request: UpgradeRequest, state: UpgradeState): UpgradeRefusal | null {
  const { headers, url } = request;
  const path = url?.split('?', 1)[0];
  if (path !== WEBSOCKET_PATH) {
    return { code: 'ERR_NOT_FOUND', detail: `WebSocket is at ${WEBSOCKET_PATH}, not at ${path}.` };
  }
  if (!isHostAllowed(headers.host, state.origins)) {
    return { code: 'ERR_ORIGIN', detail: `This service is not ${headers.host}.` };
  }
  if (!isOriginAllowed(headers.origin, headers.host, state.origins)) {
    const detail = `Pages of ${headers.origin} may not connect: see http.origins.`;
    return { code: 'ERR_ORIGIN', detail };
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUBPROTOCOL)) {
    const came = offered[0] === '' ? 'none' : offered.join(', ');
    return {
      code: 'ERR_SUBPROTOCOL',
      detail: `Expected the subprotocol ${SUBPROTOCOL}, got ${came}.`,
    };
  }
  if (!state.isReady) return { code: 'ERR_NOT_READY', detail: 'The service is still starting.' };
  return judgeCapacity(request.address, state);
}

function judgeCapacity(address: string, state: UpgradeState): UpgradeRefusal | null {
  if (state.clients >= state.clientsMax) {
    return { code: 'ERR_TOO_MANY', detail: `Expected at most ${state.clientsMax} clients.` };
  }
  if (isLoopback(address.replace(/^::ffff:/, ''))) return null;
  if (state.clientsOfAddress(address) < state.clientsPerAddressMax) return null;
  const detail = `Expected at most ${state.clientsPerAddressMax} clients of one address.`;
  return { code: 'ERR_TOO_MANY', detail };
}

/** Answers a refused upgrade with plain HTTP and closes. */
export function refuseUpgrade(socket: Duplex, refusal: UpgradeRefusal): void {
  const status = statusOf(refusal.code);
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: refusal.detail,
    code: refusal.code,
  });
  const retry = status === 503 ? 'Retry-After: 1\r\n' : '';
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${retry}` +
      'Content-Type: application/problem+json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
