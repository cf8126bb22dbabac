import { WebSocket } from 'ws';
import { closeCodes } from '../../protocol/limits.ts';

/**
 * The server's end of a connection. The library closes by itself with the standard's codes when a
 * message is too big (1009) or no UTF-8 (1007); our protocol has its own.
 */
export class ClientSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === 1009) super.close(closeCodes.tooBig, 'message too big');
    else if (code === 1007) super.close(closeCodes.notJson, 'expected UTF-8');
    else super.close(code, reason);
  }
}
