/**
 * Notices a connection that is up and brings nothing: the broker answers pings, but has lost our
 * subscriptions or stopped routing to us. Pure: time and the number of messages come in as values.
 *
 *     last message         no message for max(minimum, 10 × the usual gap): our patience
 *          ▼                   ▼                    ▼
 *     ─────┴───────────────────┴────────────────────┴───────────── …
 *                         resubscribe           reconnect, then the same with doubled patience
 *
 * The usual gap is a decaying maximum: the longest recent silence counts at once and fades by a
 * twentieth with each further sign of life. So a fleet that publishes every five minutes in one
 * burst is judged by the five minutes, not by the milliseconds within the burst. A broker that is
 * merely quiet teaches us its gap with the next message, and until then each vain attempt doubles
 * the patience, up to six hours. A message right after an attempt is taken as its success and
 * teaches nothing.
 */
export type SilenceAction = 'resubscribe' | 'reconnect';

const minimumDefaultMs = 60_000;
const patienceGaps = 10;
/** The usual gap before one was seen, as a part of the minimum: six hundred seconds of patience. */
const unknownGapMinimums = 1;
const fading = 0.05;
/** A message this soon after an attempt came because of it, as a part of the minimum. */
const successMinimums = 0.5;
const longestMs = 6 * 3_600_000;
/** Longer steps of the clock are a sleeping machine or a corrected clock, no silence. */
const stepMsMax = 60_000;

export class SilenceWatch {
  readonly #minimumMs: number;
  /** Our own time: advances with the clock, but neither backwards nor in leaps. */
  #time: number;
  #clock: number | null;
  #messages: number;
  #heardAt: number;
  #usualGapMs: number;
  #deadline: number;
  #next: SilenceAction;
  /** When we last tried something; null: all is well. */
  #triedAt: number | null;
  #reconnecting: boolean;
  /** Vain rounds of both attempts since the last message. */
  #rounds: number;

  /** `minimumMs` is the shortest silence that is acted on; default 60 s. */
  constructor(minimumMs = minimumDefaultMs) {
    this.#minimumMs = minimumMs;
    this.#time = 0;
    this.#clock = null;
    this.#messages = 0;
    this.#heardAt = 0;
    this.#usualGapMs = minimumMs * unknownGapMinimums;
    this.#deadline = 0;
    this.#next = 'resubscribe';
    this.#triedAt = null;
    this.#reconnecting = false;
    this.#rounds = 0;
  }

  /** How long a silence is borne at present. Milliseconds. */
  get patienceMs(): number {
    const usual = Math.max(this.#minimumMs, patienceGaps * this.#usualGapMs);
    return Math.max(usual, Math.min(longestMs, usual * 2 ** this.#rounds));
  }

  /** Something was tried and no message came since. */
  get isTrying(): boolean {
    return this.#triedAt !== null;
  }

  /** The subscriptions stand on a new connection. Time without one is no silence. */
  connected(now: number): void {
    const time = this.#advance(now);
    if (!this.#reconnecting) this.#heardAt = time;
    this.#reconnecting = false;
    this.#next = 'resubscribe';
    this.#wait(time);
  }

  /** Nothing can be said now, since we do not read ourselves. */
  excuse(now: number): void {
    this.#wait(this.#advance(now));
  }

  /** To be asked every few seconds while connected; `messages` is a count that only grows. */
  check(now: number, messages: number): SilenceAction | null {
    const time = this.#advance(now);
    if (messages !== this.#messages) {
      this.#messages = messages;
      this.#hear(time);
      return null;
    }
    return time < this.#deadline ? null : this.#try(time);
  }

  #hear(time: number): void {
    const gap = time - this.#heardAt;
    const successMs = successMinimums * this.#minimumMs;
    if (this.#triedAt === null || time - this.#triedAt > successMs) this.#learn(gap);
    this.#heardAt = time;
    this.#triedAt = null;
    this.#rounds = 0;
    this.#next = 'resubscribe';
    this.#deadline = time + this.patienceMs;
  }

  #learn(gap: number): void {
    const faded = this.#usualGapMs + fading * (gap - this.#usualGapMs);
    this.#usualGapMs = Math.max(gap, faded);
  }

  #try(time: number): SilenceAction {
    const action = this.#next;
    this.#triedAt = time;
    this.#next = action === 'resubscribe' ? 'reconnect' : 'resubscribe';
    if (action === 'reconnect') {
      this.#reconnecting = true;
      this.#rounds++;
    }
    this.#deadline = time + this.patienceMs;
    return action;
  }

  #wait(time: number): void {
    this.#deadline = Math.max(this.#deadline, time + this.patienceMs);
  }

  #advance(now: number): number {
    const step = this.#clock === null ? 0 : now - this.#clock;
    this.#clock = now;
    this.#time += Math.max(0, Math.min(step, stepMsMax));
    return this.#time;
  }
}
