/**
 * The part of the WebSocket interface the client uses. A browser's `WebSocket`, Node 22's global
 * one and the class of the `ws` package all have this shape; a test brings its own.
 */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

export type WebSocketConstructor = new (url: string, protocols: string) => WebSocketLike;

/** The runtime's own WebSocket class; null where there is none, as in Node 20. */
export function globalWebSocket(): WebSocketConstructor | null {
  return (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket ?? null;
}
