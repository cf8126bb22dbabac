import type { ConnectionState } from '../client/connection.ts';
import { byId, setText } from './element.ts';

const words: Record<ConnectionState, string> = {
  connecting: 'Connecting…',
  ready: 'Live',
  disconnected: 'Disconnected',
  unauthorised: 'Token needed',
};

/**
 * The header's right side: how many streams, how many readings a second, and whether the page is
 * live.
 */
export class StatusBar {
  readonly #connection: HTMLElement;
  readonly #counts: HTMLElement;
  #sampledAt: number;
  #sampledReadings: number;

  constructor(now: number) {
    this.#connection = byId('connection', HTMLElement);
    this.#counts = byId('counts', HTMLElement);
    this.#sampledAt = now;
    this.#sampledReadings = 0;
  }

  /**
   * Between two attempts the page stays disconnected: a banner that comes and goes would tell
   * nothing more.
   */
  connection(state: ConnectionState): void {
    if (state === 'connecting' && this.#connection.dataset['state'] === 'disconnected') return;
    setText(this.#connection, words[state]);
    this.#connection.dataset['state'] = state;
    document.body.dataset['connection'] = state;
  }

  /** Counts since the call before; to be called every few seconds. `readings` only grows. */
  sample(now: number, streams: number, readings: number): void {
    const elapsedMs = now - this.#sampledAt;
    // Too short a time to tell a rate.
    if (elapsedMs < 1000) {
      setText(this.#counts, plural(streams, 'stream'));
      return;
    }
    const perSecond = ((readings - this.#sampledReadings) * 1000) / elapsedMs;
    this.#sampledAt = now;
    this.#sampledReadings = readings;
    const rate = perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1));
    setText(this.#counts, `${plural(streams, 'stream')} · ${rate} readings/s`);
  }
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
